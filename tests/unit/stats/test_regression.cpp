#include "cplae/stats/regression.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "cells.hpp"
#include "cplae/core/error.hpp"

namespace cplae::stats {
namespace {

/// Twelve cells whose two targets are functions of their three features and noise.
RegressionData few_cells() {
  const MatrixD x = test::normal(12, 3, 1);
  return {x, 2 * x.leftCols(2) + 0.1 * test::normal(12, 2, 2)};
}

TEST(Regression, ALineByHand) {
  MatrixD x(3, 1);
  x << 1, 2, 3;
  MatrixD y(3, 1);
  y << 1, 3, 5;
  // x'y = 4, x'x = 2 after centring.
  EXPECT_DOUBLE_EQ(fit_ridge({x, y}, 0).coefficients()(0, 0), 2);
  EXPECT_DOUBLE_EQ(fit_ridge({x, y}, 6).coefficients()(0, 0), 0.5);
  EXPECT_DOUBLE_EQ(fit_ridge({x, y}, 6).predict(x)(2, 0), 3.5);
}

TEST(Regression, TheDualIsTheSameRegression) {
  // Constant features change nothing but make the features outnumber the cells.
  const RegressionData data = few_cells();
  MatrixD wide = MatrixD::Constant(12, 20, 4.0);
  wide.leftCols(3) = data.x;
  const MatrixD narrow_fit = fit_ridge(data, 0.5).predict(data.x);
  const MatrixD wide_fit = fit_ridge({wide, data.y}, 0.5).predict(wide);
  // Condition numbers below 100: a hundred roundings of numbers below 10.
  EXPECT_LT((narrow_fit - wide_fit).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(Regression, FullRankIsRidgeAndRankOneIsOne) {
  const RegressionData data = few_cells();
  const Eigen::MatrixXd full = fit_ridge(data, 0.5).coefficients();
  EXPECT_LT((fit_reduced_rank(data, {0.5, 2}).coefficients() - full).cwiseAbs().maxCoeff(), 1e-12);
  const Eigen::MatrixXd one = fit_reduced_rank(data, {0.5, 1}).coefficients();
  EXPECT_LT(std::abs(one.topRows(2).determinant()), 1e-12);
  EXPECT_GT((one - full).norm(), 1e-3);
}

TEST(Regression, FoldsMayHaveAnyNumbers) {
  const RegressionData data = few_cells();
  const std::vector<std::size_t> plain{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
  const std::vector<std::size_t> other{9, 9, 9, 9, 4, 4, 4, 4, 70, 70, 70, 70};
  const ChosenPenalty first = choose_penalty(data, {100, 0.01}, plain);
  const ChosenPenalty second = choose_penalty(data, {100, 0.01}, other);
  EXPECT_EQ(first.penalty, 0.01);
  EXPECT_EQ(second.penalty, 0.01);
  EXPECT_NEAR(first.errors[1], second.errors[1], 1e-14) << "sums in another order";
}

TEST(Regression, RefusesWhatHasNoAnswer) {
  const RegressionData data = few_cells();
  RegressionData constant = data;
  constant.x.col(1).setConstant(2);
  EXPECT_THROW(static_cast<void>(fit_ridge(constant, 0)), NumericError);
  EXPECT_NO_THROW(static_cast<void>(fit_ridge(constant, 1e-3)));
  EXPECT_THROW(static_cast<void>(fit_ridge(data, -1)), NumericError);
  EXPECT_THROW(static_cast<void>(fit_ridge(data, test::nan)), NumericError);
  EXPECT_THROW(static_cast<void>(fit_ridge({data.x, data.y.topRows(3)}, 1)), NumericError);
  EXPECT_THROW(static_cast<void>(fit_ridge({data.x.topRows(1), data.y.topRows(1)}, 1)), NumericError);
  EXPECT_THROW(static_cast<void>(fit_ridge({MatrixD(12, 0), data.y}, 1)), NumericError);
  EXPECT_THROW(static_cast<void>(fit_reduced_rank(data, {1, 3})), NumericError);
  EXPECT_THROW(static_cast<void>(choose_penalty(data, {}, std::vector<std::size_t>(12, 0))), NumericError);
  EXPECT_THROW(static_cast<void>(choose_penalty(data, {1}, {0, 1})), NumericError);
  RegressionData broken = data;
  broken.y(3, 0) = test::nan;
  EXPECT_THROW(static_cast<void>(fit_ridge(broken, 1)), NumericError);
}

TEST(Regression, NeighboursWithoutATarget) {
  MatrixD x(4, 1);
  x << 0, 1, 2, 10;
  MatrixD y(4, 1);
  y << test::nan, test::nan, 3, 9;
  MatrixD at(2, 1);
  at << 0, 2;
  const MatrixD found = predict_by_neighbours({at, x, 2}, y);
  EXPECT_DOUBLE_EQ(found(0, 0), 6) << "neither neighbour has one: the mean of all";
  EXPECT_DOUBLE_EQ(found(1, 0), 3) << "one of both neighbours has one";
  y.setConstant(test::nan);
  EXPECT_THROW(static_cast<void>(predict_by_mean(y, 1)), NumericError);
}

}  // namespace
}  // namespace cplae::stats
