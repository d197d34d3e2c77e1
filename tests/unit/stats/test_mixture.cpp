#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <numbers>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/gmm.hpp"

namespace cplae::stats {
namespace {

constexpr NetworkKey key{42};

TEST(Mixture, OneComponentIsTheGaussianOfTheCells) {
  const MatrixD values = test::normal(80, 2);
  const auto fit = fit_mixture(values, {.components = 1, .starts = 2, .covariance_floor = 0}, key);
  const MatrixD centred = values.rowwise() - values.colwise().mean();
  const Eigen::MatrixXd covariance = centred.transpose() * centred / 80.0;
  EXPECT_LT((fit.best.mixture.means.row(0) - values.colwise().mean()).cwiseAbs().maxCoeff(), 1e-14);
  EXPECT_LT((fit.best.mixture.covariances[0] - covariance).cwiseAbs().maxCoeff(), 1e-14);
  // Mean log-likelihood at the maximum: -d/2 (1 + log 2 pi) - 1/2 log det.
  const double expected = -(1 + std::log(2 * std::numbers::pi)) - 0.5 * std::log(covariance.determinant());
  EXPECT_NEAR(fit.best.lower_bound, expected, 1e-13);
  EXPECT_EQ(fit.best_start, 0U);
  EXPECT_EQ(fit.best.mixture.parameter_count(), 5U);
  EXPECT_NEAR(bic(fit.best.mixture, values), -2 * 80 * expected + 5 * std::log(80.0), 1e-10);
}

TEST(Mixture, FarApartTypesAreFound) {
  const MatrixD values = test::clusters(120, 3, 4);
  const auto fit = fit_mixture(values, {.components = 4, .starts = 5}, key);
  const auto labels = predict(fit.best.mixture, values);
  for (std::size_t cell = 4; cell < 120; ++cell)
    EXPECT_EQ(labels[cell], labels[cell - 4]);
  EXPECT_NEAR(fit.best.mixture.weights.sum(), 1, 1e-15);
  EXPECT_EQ(fit.best.mixture.parameter_count(), 4U * 6 + 4 * 3 + 3);
}

TEST(Mixture, CollapsedLatentsMeetTheFloor) {
  const auto fit = fit_mixture(MatrixD::Constant(30, 3, 2.5), {.components = 3, .starts = 2}, key);
  EXPECT_EQ(fit.failed_starts, 0U);
  const double peak = -1.5 * std::log(2 * std::numbers::pi * 1e-4);
  EXPECT_NEAR(fit.best.lower_bound, peak, 1e-9);
}

TEST(Mixture, SingularStartsAreCountedAndTheOthersStand) {
  // Without a floor a start fails when a component shrinks onto the three equal cells.
  MatrixD values = test::normal(60, 1);
  values.topRows(3).setConstant(4);
  const auto fit = fit_mixture(values, {.components = 3, .starts = 40, .covariance_floor = 0}, key);
  EXPECT_GT(fit.failed_starts, 0U);
  EXPECT_LT(fit.failed_starts, 40U);
  EXPECT_TRUE(std::isfinite(fit.best.lower_bound));
  const MatrixD equal = MatrixD::Ones(30, 2);
  EXPECT_THROW(
      static_cast<void>(fit_mixture(equal, {.components = 2, .starts = 3, .covariance_floor = 0}, key)),
      NumericError);
}

TEST(Mixture, RefusesTooManyComponentsAndBadNumbers) {
  MatrixD values = test::normal(10, 2);
  EXPECT_NO_THROW(static_cast<void>(fit_mixture(values, {.components = 10, .starts = 1}, key)));
  EXPECT_THROW(static_cast<void>(fit_mixture(values, {.components = 11, .starts = 1}, key)), NumericError);
  EXPECT_THROW(static_cast<void>(fit_mixture(values, {.components = 0, .starts = 1}, key)), NumericError);
  EXPECT_THROW(static_cast<void>(run_em(values, MatrixD::Ones(9, 1), {})), NumericError);
  EXPECT_THROW(static_cast<void>(run_em(MatrixD(0, 2), MatrixD(0, 1), {})), NumericError);
  for (const double bad : {test::nan, 1e300}) {
    values(4, 1) = bad;
    EXPECT_THROW(static_cast<void>(fit_mixture(values, {.components = 2, .starts = 1}, key)), NumericError)
        << bad;
    EXPECT_THROW(static_cast<void>(run_em(values, MatrixD::Ones(10, 1), {})), NumericError) << bad;
  }
}

TEST(Mixture, LargeFiniteNumbersStand) {
  const MatrixD values = 1e90 * test::clusters(60, 2, 2);
  const auto fit = fit_mixture(values, {.components = 2, .starts = 2}, key);
  EXPECT_TRUE(std::isfinite(fit.best.lower_bound));
}

TEST(Mixture, TinyNumbersMeetTheFloor) {
  const MatrixD values = 1e-300 * test::clusters(60, 2, 2);
  const auto fit = fit_mixture(values, {.components = 2, .starts = 2}, key);
  EXPECT_NEAR(fit.best.lower_bound, -std::log(2 * std::numbers::pi * 1e-4), 1e-9);
}

TEST(Mixture, TheUnitDoesNotMatter) {
  // Scaled by a power of 2, with the floor: the same steps, and log densities lower by dim log(scale).
  const MatrixD values = test::clusters(150, 3, 5);
  const double scale = 0x1p20;
  const auto fit = fit_mixture(values, {.components = 5, .starts = 3}, key);
  const auto scaled = fit_mixture(
      scale * values, {.components = 5, .starts = 3, .covariance_floor = 1e-4 * scale * scale}, key);
  EXPECT_EQ(scaled.total_iterations, fit.total_iterations);
  EXPECT_NEAR(scaled.best.lower_bound, fit.best.lower_bound - 3 * std::log(scale), 1e-9);
}

TEST(Mixture, FewerCellsThanABlock) {
  for (const Eigen::Index dim : {1, 2, 3, 4, 5, 6}) {
    for (const Eigen::Index cells : {1, 2, 15}) {
      const MatrixD values = test::normal(cells, dim);
      const auto fit = fit_mixture(values, {.components = 1, .starts = 1}, key);
      EXPECT_LT((fit.best.mixture.means.row(0) - values.colwise().mean()).cwiseAbs().maxCoeff(), 1e-14);
    }
  }
}

TEST(Mixture, DuplicatedCellsLeaveComponentsEmpty) {
  // Three places for six components: three of them never own a cell.
  const MatrixD places = 10 * test::normal(3, 2);
  const auto fit = fit_mixture(places.replicate(40, 1), {.components = 6, .starts = 2}, key);
  EXPECT_EQ(fit.failed_starts, 0U);
  // Each cell: log(1/3) and the peak of a floor's Gaussian.
  EXPECT_NEAR(fit.best.lower_bound, -std::log(3.0) - std::log(2 * std::numbers::pi * 1e-4), 1e-9);
}

TEST(Mixture, StopsWhenAsked) {
  const MatrixD values = test::normal(400, 3);
  std::size_t asked = 0;
  const auto never = [&asked] { return ++asked == 0; };
  const auto fit = fit_mixture(
      values,
      {.components = 8, .starts = 3, .tolerance = 0, .max_iterations = 120, .swaps = 0, .stop = never}, key);
  EXPECT_EQ(asked, 3U * (1 + 2)) << "before every start and every 50 iterations";
  EXPECT_EQ(fit.total_iterations, 360U);
  EXPECT_FALSE(fit.best.converged);
  const auto always = [] { return true; };
  EXPECT_THROW(static_cast<void>(fit_mixture(values, {.components = 2, .starts = 1, .stop = always}, key)),
               Stopped);
}

TEST(Mixture, SwapsAreTriedAfterEachStart) {
  const MatrixD values = test::normal(200, 2);
  std::size_t asked = 0;
  const auto never = [&asked] { return ++asked == 0; };
  const auto fit = fit_mixture(
      values, {.components = 3, .starts = 4, .max_iterations = 40, .swaps = 5, .stop = never}, key);
  EXPECT_EQ(asked, 4U * (1 + 5));
  asked = 0;
  static_cast<void>(fit_mixture(values, {.components = 1, .starts = 4, .swaps = 5, .stop = never}, key));
  EXPECT_EQ(asked, 4U) << "one component cannot be swapped";
}

TEST(Mixture, SwapsLeaveAPoorOptimum) {
  // Three wide types far apart and two narrow ones close together: k-means gives the pair one centre and a
  // wide type two, which the iteration cannot mend.
  constexpr Eigen::Index each = 60;
  const MatrixD scatter = test::normal(5 * each, 2);
  MatrixD values(5 * each, 2);
  MatrixD own = MatrixD::Zero(5 * each, 5);
  const MatrixD centres{{0, 0}, {20, 0}, {0, 20}, {20, 19.7}, {20, 20.3}};
  for (Eigen::Index cell = 0; cell < 5 * each; ++cell) {
    const Eigen::Index type = cell / each;
    values.row(cell) = centres.row(type) + (type < 3 ? 1.0 : 0.05) * scatter.row(cell);
    own(cell, type) = 1;
  }
  MixtureOptions options{.components = 5, .starts = 3, .swaps = 0};
  const double known = run_em(values, own, options).lower_bound;
  const auto plain = fit_mixture(values, options, key);
  EXPECT_LT(plain.best.lower_bound, known - 0.1) << "no start is poor: the rest shows nothing";
  options.swaps = 30;
  const auto mended = fit_mixture(values, options, key);
  EXPECT_GT(mended.kept_swaps, 0U);
  EXPECT_GT(mended.best.lower_bound, known - 1e-5);
  EXPECT_NEAR(mended.best.mixture.weights.sum(), 1, 1e-14);
}

TEST(Mixture, MoreStartsOnlyAddStarts) {
  const MatrixD values = test::normal(300, 3);
  const auto few = fit_mixture(values, {.components = 9, .starts = 2}, key);
  const auto more = fit_mixture(values, {.components = 9, .starts = 6}, key);
  EXPECT_GE(more.best.lower_bound, few.best.lower_bound);
  EXPECT_GE(more.kept_swaps, few.kept_swaps);
  EXPECT_GT(more.total_iterations, few.total_iterations);
}

TEST(Mixture, SameKeySameBits) {
  const MatrixD values = test::normal(300, 3);
  const MixtureOptions options{.components = 6, .starts = 3};
  const auto one = fit_mixture(values, options, key);
  const auto two = fit_mixture(MatrixD(values), options, key);
  EXPECT_EQ(one.best.mixture.means, two.best.mixture.means);
  EXPECT_EQ(one.best.lower_bound, two.best.lower_bound);
  EXPECT_NE(one.best.mixture.means, fit_mixture(values, options, NetworkKey{7}).best.mixture.means);
}

}  // namespace
}  // namespace cplae::stats
