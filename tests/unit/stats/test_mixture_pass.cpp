#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "cells.hpp"
#include "kernel_sets.hpp"
#include "mixture_parameters.hpp"
#include "mixture_pass.hpp"

namespace cplae::stats {
namespace {

/// Rows that sum to 1.
MatrixD soft_responsibilities(Eigen::Index cells, Eigen::Index components) {
  MatrixD responsibilities = test::normal(cells, components, 9).array().exp();
  return responsibilities.array().colwise() / responsibilities.rowwise().sum().array();
}

/// Parameters after one M step from soft responsibilities.
MixtureParameters parameters_for(const MatrixD& values, Eigen::Index components) {
  MixtureParameters parameters(static_cast<std::size_t>(components), static_cast<std::size_t>(values.cols()));
  parameters.maximise(values, soft_responsibilities(values.rows(), components), 1e-4);
  return parameters;
}

/// Parameters where cell i belongs to component i mod components.
MixtureParameters parameters_in_turn(const MatrixD& values, std::int64_t components) {
  std::vector<std::int64_t> labels;
  for (Eigen::Index cell = 0; cell < values.rows(); ++cell)
    labels.push_back(cell % components);
  MixtureParameters parameters(static_cast<std::size_t>(components), static_cast<std::size_t>(values.cols()));
  parameters.maximise(values, labels, 1e-4);
  return parameters;
}

/// The E step cell by cell, from the mixture alone.
struct Plain {
  MatrixD responsibilities;
  double lower_bound = 0;

  Plain(const MixtureParameters& parameters, const MatrixD& values)
      : responsibilities(values.rows(), static_cast<Eigen::Index>(parameters.components)) {
    const GaussianMixture mixture = parameters.mixture();
    for (Eigen::Index c = 0; c < responsibilities.cols(); ++c) {
      const GaussianMixture own{VectorD::Constant(1, mixture.weights[c]),
                                mixture.means.row(c),
                                {mixture.covariances[static_cast<std::size_t>(c)]}};
      const auto joint = log_likelihood(own, values);
      responsibilities.col(c) = Eigen::Map<const VectorD>(joint.data(), values.rows());
    }
    for (Eigen::Index cell = 0; cell < values.rows(); ++cell) {
      const double highest = responsibilities.row(cell).maxCoeff();
      responsibilities.row(cell) = (responsibilities.row(cell).array() - highest).exp();
      const double total = responsibilities.row(cell).sum();
      responsibilities.row(cell) /= total;
      lower_bound += (highest + std::log(total)) / static_cast<double>(values.rows());
    }
  }

  /// Largest difference of the sums from those of the responsibilities, in units of what the largest
  /// responsibilities allow: each moment is divided by sum r times the data's range to its power.
  [[nodiscard]] double apart(const MixtureParameters& parameters, const MixtureSums& sums,
                             const MatrixD& values) const {
    const std::size_t dim = parameters.dim;
    const double range = (values.rowwise() - values.colwise().mean()).cwiseAbs().maxCoeff() + 1e-2;
    double worst = 0;
    for (std::size_t c = 0; c < parameters.components; ++c) {
      const VectorD r = responsibilities.col(static_cast<Eigen::Index>(c));
      const Eigen::Map<const Eigen::RowVectorXd> mean(parameters.means.data() + c * dim, values.cols());
      const MatrixD off = values.rowwise() - mean;
      const MatrixD second = off.transpose() * r.asDiagonal() * off;
      const VectorD first = off.transpose() * r;
      worst = std::max(worst, std::abs(sums.weight[c] - r.sum()) / r.sum());
      for (std::size_t i = 0, at = c * triangle(dim); i < dim; ++i) {
        const auto row = static_cast<Eigen::Index>(i);
        worst = std::max(worst, std::abs(sums.first[c * dim + i] - first[row]) / r.sum() / range);
        for (std::size_t j = 0; j <= i; ++j, ++at)
          worst = std::max(worst, std::abs(sums.second[at] - second(row, static_cast<Eigen::Index>(j))) /
                                      r.sum() / (range * range));
      }
    }
    return worst;
  }
};

class OfDim : public testing::TestWithParam<Eigen::Index> {};

TEST_P(OfDim, PassEqualsThePlainOne) {
  // 1, 15, 16, 17: around one block. Sums of a few hundred terms of order 1 and joint densities of order 1 to
  // 100, each rounded to 1e-16 of itself.
  for (const Kernels* kernels : test::kernel_sets()) {
    for (const Eigen::Index cells : {1, 15, 16, 17, 65, 333}) {
      const MatrixD values = test::normal(cells, GetParam(), 3);
      const MixtureParameters parameters = parameters_for(values, 3);
      MixturePass pass(values, 3, *kernels);
      MixtureSums sums = pass.make_sums();
      const Plain plain(parameters, values);
      EXPECT_NEAR(pass.run(parameters, sums), plain.lower_bound, 1e-12 * (1 + std::abs(plain.lower_bound)))
          << kernels->name;
      EXPECT_LT(plain.apart(parameters, sums, values), 1e-12) << kernels->name << ' ' << cells;
    }
  }
}

TEST_P(OfDim, WhatIsSkippedIsNotMissed) {
  // Types 10 SD apart, so that most components are out of the usual reach of most cells.
  const MatrixD values = test::clusters(700, GetParam(), 12);
  const MixtureParameters parameters = parameters_in_turn(values, 12);
  const Plain plain(parameters, values);
  for (const Kernels* kernels : test::kernel_sets()) {
    MixturePass pass(values, 12, *kernels);
    MixtureSums usual = pass.make_sums();
    MixtureSums longest = pass.make_sums();
    const double bound = pass.run_within(MixturePass::usual_reach, parameters, usual);
    EXPECT_NEAR(bound, pass.run_within(MixturePass::longest_reach, parameters, longest), 1e-14);
    EXPECT_NEAR(bound, plain.lower_bound, 1e-12);
    EXPECT_LT(plain.apart(parameters, usual, values), 1e-12);
    EXPECT_LT(plain.apart(parameters, longest, values), 1e-12);
    for (std::size_t at = 0; at < usual.second.size(); ++at)
      EXPECT_NEAR(usual.second[at], longest.second[at], 1e-12 * std::abs(longest.second[at]));
  }
}

TEST_P(OfDim, OneStepEqualsThatFromResponsibilities) {
  const MatrixD values = test::normal(200, GetParam(), 3);
  MixtureParameters one_pass = parameters_for(values, 3);
  MixturePass pass(values, 3);
  MixtureSums sums = pass.make_sums();
  const Plain plain(one_pass, values);
  pass.run(one_pass, sums);
  one_pass.maximise(sums, 1e-4);
  MixtureParameters two_pass(3, static_cast<std::size_t>(GetParam()));
  two_pass.maximise(values, plain.responsibilities, 1e-4);
  for (std::size_t i = 0; i < two_pass.covariances.size(); ++i)
    EXPECT_NEAR(one_pass.covariances[i], two_pass.covariances[i], 1e-12);
  for (std::size_t i = 0; i < two_pass.means.size(); ++i)
    EXPECT_NEAR(one_pass.means[i], two_pass.means[i], 1e-12);
  for (std::size_t c = 0; c < 3; ++c)
    EXPECT_NEAR(one_pass.weights[c], two_pass.weights[c], 1e-13);
}

TEST_P(OfDim, AllWideInstructionsGiveTheSameBits) {
  const auto sets = test::kernel_sets();
  if (sets.size() < 3) GTEST_SKIP() << "this processor has no AVX-512: its bits were NOT compared";
  const MatrixD values = test::clusters(333, GetParam(), 7);
  const MixtureParameters parameters = parameters_for(values, 7);
  MixturePass narrow(values, 7, *sets[1]);
  MixturePass wide(values, 7, *sets[2]);
  MixtureSums a = narrow.make_sums();
  MixtureSums b = wide.make_sums();
  EXPECT_EQ(narrow.run(parameters, a), wide.run(parameters, b));
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.first, b.first);
  EXPECT_EQ(a.second, b.second);
}

INSTANTIATE_TEST_SUITE_P(Dimensions, OfDim, testing::Values(1, 2, 3, 4, 5, 6, 9));

TEST(MixturePass, AComponentFarFromAllCellsKeepsItsShare) {
  // Its responsibilities are about exp(-70), below the usual reach.
  const MatrixD values = test::normal(100, 1);
  MixtureParameters parameters = parameters_in_turn(values, 2);
  parameters.means[1] = 12;
  const Plain plain(parameters, values);
  ASSERT_LT(plain.responsibilities.col(1).sum(), 1e-10);
  ASSERT_GT(plain.responsibilities.col(1).sum(), 0);
  MixturePass pass(values, 2);
  MixtureSums sums = pass.make_sums();
  pass.run(parameters, sums);
  EXPECT_LT(plain.apart(parameters, sums, values), 1e-12);
  pass.run_within(5, parameters, sums);
  EXPECT_EQ(sums.weight[1], 0) << "a short reach misses it: the test above can fail";
}

TEST(MixturePass, LabelsAreResponsibilitiesOfOne) {
  const MatrixD values = test::normal(40, 3);
  MatrixD one_hot = MatrixD::Zero(40, 4);
  for (Eigen::Index cell = 0; cell < 40; ++cell)
    one_hot(cell, cell % 3) = 1;  // the last component stays empty
  std::vector<std::int64_t> labels;
  for (std::int64_t cell = 0; cell < 40; ++cell)
    labels.push_back(cell % 3);
  MixtureParameters a(4, 3);
  MixtureParameters b(4, 3);
  a.maximise(values, one_hot, 1e-4);
  b.maximise(values, labels, 1e-4);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.means, b.means);
  EXPECT_EQ(a.inverse_cholesky, b.inverse_cholesky);
}

}  // namespace
}  // namespace cplae::stats
