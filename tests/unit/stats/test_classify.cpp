#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/classify.hpp"

namespace cplae::stats {
namespace {

/// Two far apart classes in turn; every third cell is held out.
ClassificationInput two_classes(Eigen::Index cells) {
  ClassificationInput input{test::clusters(cells, 2, 2), {}, {}};
  for (Eigen::Index cell = 0; cell < cells; ++cell) {
    input.class_names.emplace_back(cell % 2 == 0 ? "a" : "b");
    input.roles.push_back(cell % 3 == 0 ? CellRole::validation : CellRole::train);
  }
  return input;
}

TEST(Qda, PosteriorOfTwoEqualGaussiansIsLogistic) {
  MatrixD values(4, 1);
  values << -2, 0, 0, 2;
  // Means -1 and 1, variances 1 (divisor 2), equal priors: log odds of the second class = 2 x.
  const Qda qda = Qda::fit(values, {0, 0, 1, 1}, {.regularisation = 0});
  MatrixD at(3, 1);
  at << -1.5, 0, 0.25;
  const MatrixD posterior = qda.log_posterior(at);
  for (Eigen::Index i = 0; i < 3; ++i) {
    EXPECT_NEAR(posterior(i, 1), -std::log1p(std::exp(-2 * at(i, 0))), 1e-15);
  }
  EXPECT_EQ(qda.predict(at), (std::vector<std::int64_t>{0, 0, 1})) << "a tie goes to the lower class";
}

TEST(Qda, CollapsedLatentsLeaveThePriors) {
  const Qda qda = Qda::fit(MatrixD::Constant(10, 3, 0.7), {0, 0, 0, 1, 1, 1, 1, 1, 1, 1});
  const MatrixD posterior = qda.log_posterior(MatrixD::Constant(1, 3, 0.7));
  EXPECT_NEAR(posterior(0, 0), std::log(0.3), 1e-15);
  EXPECT_NEAR(posterior(0, 1), std::log(0.7), 1e-15);
}

TEST(Qda, RefusesWhatCannotBeFitted) {
  const MatrixD values = test::normal(6, 2);
  EXPECT_THROW(Qda::fit(values, {0, 0, 0, 0, 0, 0}), NumericError) << "one class";
  EXPECT_THROW(Qda::fit(values, {0, 0, 0, 0, 0, 1}), NumericError) << "a class of one cell";
  EXPECT_THROW(Qda::fit(values, {0, 0, 0, 2, 2, 2}), NumericError) << "an empty class";
  EXPECT_THROW(Qda::fit(values, {0, 0, 1, 1}), NumericError) << "sizes";
  EXPECT_THROW(Qda::fit(MatrixD::Ones(4, 1), {0, 0, 1, 1}, {.regularisation = 0}), NumericError)
      << "no variance";
  for (const double bad : {test::nan, std::numeric_limits<double>::infinity(), 1e300}) {
    MatrixD broken = values;
    broken(3, 1) = bad;
    EXPECT_THROW(Qda::fit(broken, {0, 0, 0, 1, 1, 1}), NumericError) << bad;
  }
}

TEST(Classify, FarApartClassesAreAllFound) {
  const auto result = classify_accuracy(two_classes(60));
  EXPECT_EQ(result.n_classes, 2U);
  EXPECT_EQ(result.n_fitted, 2U);
  EXPECT_EQ(result.n_cells, 20U);
  EXPECT_DOUBLE_EQ(result.accuracy, 1);
}

TEST(Classify, LeftOutAndUnlabelledCellsMayHaveNoLatent) {
  ClassificationInput input = two_classes(66);
  for (Eigen::Index cell = 60; cell < 66; ++cell)
    input.latents.row(cell).setConstant(test::nan);
  for (std::size_t cell = 60; cell < 63; ++cell)
    input.roles[cell] = CellRole::left_out;
  for (std::size_t cell = 63; cell < 66; ++cell)
    input.class_names[cell] = "";
  const auto result = classify_accuracy(input);
  EXPECT_EQ(result.n_cells, 20U);
  EXPECT_DOUBLE_EQ(result.accuracy, 1);
  input.roles[60] = CellRole::validation;
  EXPECT_THROW(static_cast<void>(classify_accuracy(input)), NumericError);
}

TEST(Classify, NothingToFitOrScoreIsNotANumber) {
  const auto small = classify_accuracy(two_classes(20));
  EXPECT_EQ(small.n_classes, 0U) << "10 cells a class are too few";
  EXPECT_TRUE(std::isnan(small.accuracy));
  ClassificationInput all_train = two_classes(60);
  all_train.roles.assign(60, CellRole::train);
  const auto unscored = classify_accuracy(all_train);
  EXPECT_EQ(unscored.n_fitted, 2U);
  EXPECT_EQ(unscored.n_cells, 0U);
  EXPECT_TRUE(std::isnan(unscored.accuracy));
  EXPECT_TRUE(std::isnan(classify_accuracy({}).accuracy));
}

TEST(Classify, BoundsOfTheRules) {
  ClassificationInput input = two_classes(22);
  input.roles.assign(22, CellRole::validation);
  for (std::size_t cell = 0; cell < 12; ++cell)
    input.roles[cell] = CellRole::train;
  EXPECT_EQ(classify_accuracy(input).n_fitted, 2U) << "11 cells, 6 of them for training";
  input.roles[0] = CellRole::validation;
  const auto result = classify_accuracy(input);
  EXPECT_EQ(result.n_classes, 2U);
  EXPECT_EQ(result.n_fitted, 1U) << "5 training cells";
  input.roles[0] = CellRole::left_out;
  EXPECT_EQ(classify_accuracy(input).n_classes, 1U) << "10 cells that have a latent";
  input.roles.pop_back();
  EXPECT_THROW(static_cast<void>(classify_accuracy(input)), NumericError) << "sizes";
}

}  // namespace
}  // namespace cplae::stats
