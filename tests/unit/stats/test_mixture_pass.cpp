#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "cells.hpp"
#include "mixture_parameters.hpp"
#include "mixture_pass.hpp"
#include "pack.hpp"

namespace cplae::stats {
namespace {

double exp_of(double x) {
  Pack pack = {x, x, x, x};
  exponential(pack);
  return pack[0];
}

TEST(Exponential, WithinTwoUnitsInTheLastPlace) {
  for (int i = 0; i <= 700'000; ++i) {
    const double x = -1e-3 * i;
    const double exact = std::exp(x);
    const auto apart = std::bit_cast<std::int64_t>(exp_of(x)) - std::bit_cast<std::int64_t>(exact);
    ASSERT_LE(std::abs(apart), 2) << x;
  }
  EXPECT_EQ(exp_of(0), 1);
  for (const double x : {-709.0, -1e6, -1e300})
    EXPECT_LT(exp_of(x), 4e-308);
}

/// Parameters after one M step from soft responsibilities.
MixtureParameters parameters_for(const MatrixD& values, Eigen::Index components) {
  MatrixD responsibilities = test::normal(values.rows(), components, 9).array().exp();
  responsibilities = responsibilities.array().colwise() / responsibilities.rowwise().sum().array();
  MixtureParameters parameters(static_cast<std::size_t>(components), static_cast<std::size_t>(values.cols()));
  parameters.maximise(values, responsibilities, 1e-4);
  return parameters;
}

class OfDim : public testing::TestWithParam<Eigen::Index> {};

TEST_P(OfDim, WideAndBaselineInstructionsGiveTheSameBits) {
  const MatrixD values = test::normal(333, GetParam());
  const MixtureParameters parameters = parameters_for(values, 5);
  MixturePass best(values, 5);
  MixturePass baseline(values, 5, Instructions::baseline);
  MixtureSums a = best.make_sums();
  MixtureSums b = baseline.make_sums();
  EXPECT_EQ(best.run(parameters, a), baseline.run(parameters, b));
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.first, b.first);
  EXPECT_EQ(a.second, b.second);
}

TEST_P(OfDim, OnePassStepEqualsTheTwoPassStep) {
  // 1, 63, 64, 65: around one block. The two differ by rounding: sums of n terms of order 1.
  for (const Eigen::Index cells : {1, 63, 64, 65, 200}) {
    const MatrixD values = test::normal(cells, GetParam(), 3);
    MixtureParameters one_pass = parameters_for(values, 3);
    const GaussianMixture mixture = one_pass.mixture();
    MixturePass pass(values, 3);
    MixtureSums sums = pass.make_sums();
    const double lower_bound = pass.run(one_pass, sums);
    one_pass.maximise(sums, 1e-4);

    MatrixD responsibilities(cells, 3);
    double expected = 0;
    for (Eigen::Index cell = 0; cell < cells; ++cell) {
      for (Eigen::Index c = 0; c < 3; ++c) {
        const GaussianMixture own{VectorD::Constant(1, mixture.weights[c]),
                                  mixture.means.row(c),
                                  {mixture.covariances[static_cast<std::size_t>(c)]}};
        responsibilities(cell, c) = std::exp(log_likelihood(own, values.row(cell))[0]);
      }
      expected += std::log(responsibilities.row(cell).sum()) / static_cast<double>(cells);
      responsibilities.row(cell) /= responsibilities.row(cell).sum();
    }
    MixtureParameters two_pass(3, static_cast<std::size_t>(GetParam()));
    two_pass.maximise(values, responsibilities, 1e-4);
    EXPECT_NEAR(lower_bound, expected, 1e-10 * (1 + std::abs(expected)));
    for (std::size_t i = 0; i < two_pass.covariances.size(); ++i) {
      EXPECT_NEAR(one_pass.covariances[i], two_pass.covariances[i], 1e-10);
    }
    for (std::size_t i = 0; i < two_pass.means.size(); ++i)
      EXPECT_NEAR(one_pass.means[i], two_pass.means[i], 1e-10);
    for (std::size_t c = 0; c < 3; ++c)
      EXPECT_NEAR(one_pass.weights[c], two_pass.weights[c], 1e-12);
  }
}

INSTANTIATE_TEST_SUITE_P(Dimensions, OfDim, testing::Values(1, 2, 3, 4, 5, 6, 9));

}  // namespace
}  // namespace cplae::stats
