#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/r2.hpp"
#include "cplae/stats/summary.hpp"

namespace cplae::stats {
namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

TEST(R2, ClosedForms) {
  MatrixF truth(4, 3);
  MatrixF predicted(4, 3);
  truth << 1, 1, 5, 2, 2, 5, 3, 3, 5, 4, 4, 5;
  // exact; the mean; reversed by one in each cell of a constant feature
  predicted << 1, 2.5F, 5, 2, 2.5F, 5, 3, 2.5F, 5, 4, 2.5F, 6;
  const auto result = r2_per_feature(truth, predicted);
  EXPECT_DOUBLE_EQ(result[0], 1);
  EXPECT_DOUBLE_EQ(result[1], 0);
  EXPECT_DOUBLE_EQ(result[2], 0);
  EXPECT_DOUBLE_EQ(r2(truth, predicted), 1.0 / 3);
  EXPECT_DOUBLE_EQ(mean_squared_error(truth, predicted), (1.5 * 1.5 * 2 + 0.5 * 0.5 * 2 + 1) / 12);
  const auto pearson = pearson_per_feature(truth, predicted);
  EXPECT_DOUBLE_EQ(pearson[0], 1);
  EXPECT_TRUE(std::isnan(pearson[1]));
}

TEST(R2, MissingTruthIsLeftOutAndItsPredictionNotLookedAt) {
  MatrixF truth(3, 2);
  MatrixF predicted(3, 2);
  truth << 1, missing, missing, missing, 3, 7;
  predicted << 1, 0, missing, 0, 3, 7;
  const auto result = r2_per_feature(truth, predicted);
  EXPECT_DOUBLE_EQ(result[0], 1);
  EXPECT_TRUE(std::isnan(result[1])) << "one present entry";
  EXPECT_DOUBLE_EQ(r2(truth, predicted), 1);
  EXPECT_TRUE(std::isnan(r2(MatrixF(0, 0), MatrixF(0, 0))));
  EXPECT_TRUE(std::isnan(mean_squared_error(MatrixF(0, 2), MatrixF(0, 2))));
}

TEST(R2, RefusesOtherShapesAndNonFinitePredictions) {
  MatrixF truth = MatrixF::Ones(3, 2);
  MatrixF predicted = MatrixF::Ones(3, 2);
  EXPECT_THROW(static_cast<void>(r2_per_feature(truth, MatrixF::Ones(3, 1))), NumericError);
  predicted(2, 1) = missing;
  EXPECT_THROW(static_cast<void>(r2_per_feature(truth, predicted)), NumericError);
  predicted(2, 1) = 1;
  truth(0, 0) = std::numeric_limits<float>::infinity();
  EXPECT_THROW(static_cast<void>(mean_squared_error(truth, predicted)), NumericError);
}

TEST(Summary, CountsWhatIsThere) {
  const std::vector<double> values = {1, test::nan, 3};
  EXPECT_DOUBLE_EQ(summarise(values).mean, 2);
  EXPECT_DOUBLE_EQ(summarise(values).sd, std::sqrt(2.0));
  EXPECT_EQ(summarise(values).n, 2U);
  const std::vector<double> one = {4};
  EXPECT_TRUE(std::isnan(summarise(one).sd));
  EXPECT_TRUE(std::isnan(summarise({}).mean));
}

}  // namespace
}  // namespace cplae::stats
