#include <gtest/gtest.h>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/histogram.hpp"

namespace cplae::stats {
namespace {

using Values = std::vector<double>;

TEST(Histogram, ByHand) {
  // Quartiles 2 and 6, n = 8 (n^(1/3) = 2): width 2 * 4 / 2 = 4; range 8 gives two bins.
  const Values values = {0, 2, 2, 2, 6, 6, 6, 8};
  EXPECT_EQ(freedman_diaconis_edges(values), (Values{0, 4, 8}));
  EXPECT_EQ(histogram(values, Values{0, 4, 8}), (std::vector<std::size_t>{4, 4}));
  EXPECT_EQ(modal_value(values), 2) << "equal bins: the lower";
}

TEST(Histogram, ValuesOnEdges) {
  const Values edges = {0, 1, 2};
  EXPECT_EQ(histogram(Values{0, 1, 1, 2, 2.5, -1, test::nan}, edges), (std::vector<std::size_t>{1, 3}));
}

TEST(Histogram, NoSpread) {
  EXPECT_EQ(freedman_diaconis_edges(Values{33, 33, 33}), (Values{32.5, 33.5}));
  EXPECT_EQ(freedman_diaconis_edges(Values{30, 30, 30, 30, 30, 40}), (Values{30, 40}))
      << "interquartile range 0";
  EXPECT_EQ(modal_value(Values{33}), 33);
  EXPECT_EQ(modal_value(Values{5, 4, 5, 4}), 4) << "equal counts: the smaller";
}

TEST(Histogram, RefusesWhatHasNoBins) {
  EXPECT_THROW(static_cast<void>(freedman_diaconis_edges({})), NumericError);
  EXPECT_THROW(static_cast<void>(modal_value(Values{1, test::nan})), NumericError);
  EXPECT_THROW(static_cast<void>(freedman_diaconis_edges(Values{0, 1, 2, 3, 1e300})), NumericError)
      << "too many bins";
}

}  // namespace
}  // namespace cplae::stats
