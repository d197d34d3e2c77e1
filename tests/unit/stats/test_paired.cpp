#include "cplae/stats/paired.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace cplae::stats {
namespace {

TEST(Paired, TwoPairsHaveTheCauchyQuantile) {
  // t with one degree of freedom is Cauchy's distribution: quantile tan(pi (p - 1 / 2)).
  const std::array first{1.0, 2.0};
  const std::array second{1.5, 3.5};
  const PairedDifference found = paired_difference(first, second, 0.95);
  EXPECT_EQ(found.pairs, 2U);
  EXPECT_DOUBLE_EQ(found.mean, 1.0);
  EXPECT_NEAR(found.sd, std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(found.half_width, std::tan(std::numbers::pi * 0.475) * 0.5, 1e-12);
}

TEST(Paired, ThreePairsHaveTheQuantileOfTwoDegreesOfFreedom) {
  // t(p, 2) = (2 p - 1) / sqrt(2 p (1 - p)).
  const std::array first{0.0, 0.0, 0.0};
  const std::array second{1.0, 2.0, 6.0};
  const PairedDifference found = paired_difference(first, second, 0.9);
  const double sd = std::sqrt((4.0 + 1.0 + 9.0) / 2);
  EXPECT_NEAR(found.mean, 3, 1e-15);
  EXPECT_NEAR(found.sd, sd, 1e-15);
  EXPECT_NEAR(found.half_width, 0.9 / std::sqrt(2 * 0.95 * 0.05) * sd / std::sqrt(3.0), 1e-12);
}

TEST(Paired, PairsWithoutANumberAreLeftOutAndCounted) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::array first{1.0, nan, nan, 4.0};
  const std::array second{2.0, nan, 3.0, nan};
  const PairedDifference found = paired_difference(first, second, 0.95);
  EXPECT_EQ(found.pairs, 1U);
  EXPECT_EQ(found.unpaired, 2U);
  EXPECT_DOUBLE_EQ(found.mean, 1.0);
  EXPECT_TRUE(std::isnan(found.sd));
  EXPECT_TRUE(std::isnan(found.half_width));
}

TEST(Paired, EqualSeriesAreNoDistanceApart) {
  const std::array values{0.1, 0.2, 0.3};
  const PairedDifference found = paired_difference(values, values, 0.999);
  EXPECT_EQ(found.mean, 0);
  EXPECT_EQ(found.half_width, 0);
}

}  // namespace
}  // namespace cplae::stats
