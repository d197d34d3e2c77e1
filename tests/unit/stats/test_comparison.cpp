#include "cplae/stats/comparison.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/procrustes.hpp"

namespace cplae::stats {
namespace {

TEST(FoldDifference, TwoFoldsHaveTheCauchyDistribution) {
  // One degree of freedom: quantile tan(pi (p - 1 / 2)), two-sided p = 1 - 2 / pi atan(t).
  const std::array first{1.0, 2.0};
  const std::array second{1.5, 3.5};
  const FoldDifference found = fold_difference(first, second, {.test_to_train = 1, .confidence = 0.95});
  const double error = std::sqrt(0.5) * std::sqrt(0.5 + 1);
  EXPECT_DOUBLE_EQ(found.mean, 1);
  EXPECT_DOUBLE_EQ(found.standard_error, error);
  EXPECT_NEAR(found.half_width, std::tan(std::numbers::pi * 0.475) * error, 1e-11);
  EXPECT_NEAR(found.p_value, 1 - 2 / std::numbers::pi * std::atan(1 / error), 1e-13);
}

TEST(FoldDifference, WithoutSpreadOrFolds) {
  const std::array first{1.0, 2.0, 3.0};
  const std::array shifted{2.0, 3.0, 4.0};
  const FoldDesign design{.test_to_train = 0.5};
  EXPECT_EQ(fold_difference(first, first, design).p_value, 1);
  EXPECT_EQ(fold_difference(first, shifted, design).p_value, 0);
  EXPECT_EQ(fold_difference(first, shifted, design).half_width, 0);
  const std::array few{test::nan, 2.0, test::nan};
  const FoldDifference one = fold_difference(first, few, design);
  EXPECT_EQ(one.folds, 1U);
  EXPECT_EQ(one.unpaired, 2U);
  EXPECT_EQ(one.mean, 0);
  EXPECT_TRUE(std::isnan(one.standard_error) && std::isnan(one.half_width) && std::isnan(one.p_value));
}

TEST(FoldDifference, RefusesAnImpossibleDesign) {
  const std::array values{1.0, 2.0};
  const auto compare = [&](const FoldDesign& design) {
    static_cast<void>(fold_difference(values, values, design));
  };
  EXPECT_THROW(compare({.test_to_train = -0.1}), NumericError);
  EXPECT_THROW(compare({.test_to_train = test::nan}), NumericError);
  EXPECT_THROW(compare({.test_to_train = 0.1, .confidence = 1}), NumericError);
  EXPECT_THROW(static_cast<void>(fold_difference(values, std::span(values).first(1), {})), NumericError);
}

TEST(Holm, ByHand) {
  const std::array values{0.5, 0.01, test::nan, 0.02, 0.4};
  const std::vector<double> found = holm(values);
  EXPECT_DOUBLE_EQ(found[1], 0.04);
  EXPECT_DOUBLE_EQ(found[3], 0.06);
  EXPECT_DOUBLE_EQ(found[4], 0.8);
  EXPECT_DOUBLE_EQ(found[0], 0.8) << "never below a smaller p";
  EXPECT_TRUE(std::isnan(found[2]));
  const std::array wrong{-0.1};
  EXPECT_THROW(static_cast<void>(holm(wrong)), NumericError);
}

TEST(Procrustes, AQuarterTurn) {
  MatrixD from(3, 2);
  from << 1, 0, 0, 1, 0, 0;
  MatrixD to(3, 2);
  to << 0, 1, -1, 0, 0, 0;
  const OrthogonalMap map = OrthogonalMap::fit({from, to}, Centring::none);
  EXPECT_LT((map.apply(from) - to).cwiseAbs().maxCoeff(), 1e-15);
  const MatrixD moved = to.rowwise() + Eigen::RowVector2d(5, 6);
  const OrthogonalMap centred = OrthogonalMap::fit({from, moved}, Centring::means);
  EXPECT_LT((centred.apply(from) - moved).cwiseAbs().maxCoeff(), 1e-14);
}

TEST(Procrustes, CollapsedPointsHaveSomeRotation) {
  const OrthogonalMap map = OrthogonalMap::fit({MatrixD::Ones(4, 3), MatrixD::Ones(4, 3)}, Centring::means);
  EXPECT_LT((map.rotation() * map.rotation().transpose() - Eigen::MatrixXd::Identity(3, 3)).norm(), 1e-14);
}

TEST(Procrustes, RefusesOtherShapesAndNaN) {
  const MatrixD points = test::normal(4, 2);
  MatrixD broken = points;
  broken(1, 1) = test::nan;
  const auto fit = [](const MatrixD& from, const MatrixD& to) {
    return OrthogonalMap::fit({from, to}, Centring::means);
  };
  EXPECT_THROW(static_cast<void>(fit(points, points.topRows(3))), NumericError);
  EXPECT_THROW(static_cast<void>(fit(points, points.leftCols(1))), NumericError);
  EXPECT_THROW(static_cast<void>(fit(MatrixD(0, 2), MatrixD(0, 2))), NumericError);
  EXPECT_THROW(static_cast<void>(fit(points, broken)), NumericError);
  EXPECT_THROW(static_cast<void>(fit(points, points).apply(broken)), NumericError);
  EXPECT_THROW(static_cast<void>(fit(points, points).apply(points.leftCols(1))), NumericError);
}

}  // namespace
}  // namespace cplae::stats
