// Jacobi's rotations as the GPU makes them, against Eigen's solver.
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <limits>
#include <vector>

#include "engine/cuda/eigen.hpp"

namespace cplae {
namespace {

namespace cuda = engine::cuda;

class Decomposition : public testing::TestWithParam<int> {};

TEST_P(Decomposition, IsThatOfEigen) {
  const int d = GetParam();
  const cuda::PairView view{0, 0, 1};
  std::vector<double> memory(static_cast<std::size_t>(cuda::PairNumbers::count(d, 4)));
  cuda::Group group{};
  group.latent = d;
  group.batch = 4;
  group.pair_views = &view;
  group.doubles = memory.data();
  const cuda::PairNumbers numbers(group, 0, 0);
  std::vector<Eigen::MatrixXd> covariances;
  for (int side = 0; side < 2; ++side) {
    const Eigen::MatrixXd sample = Eigen::MatrixXd::Random(3 * d + side, d);
    covariances.push_back(sample.transpose() * sample / (3.0 * d));
    Eigen::Map<Eigen::MatrixXd>(numbers.covariance(side), d, d) = covariances.back();
  }
  cuda::EigenShared shared{};
  cuda::decompose(cuda::HostBlock<cuda::wide>({}), shared, numbers, d);
  EXPECT_EQ(shared.done, 1);
  for (int side = 0; side < 2; ++side) {
    const Eigen::Map<Eigen::MatrixXd> diagonal(numbers.covariance(side), d, d);
    const Eigen::Map<Eigen::Matrix<double, -1, -1, Eigen::RowMajor>> vectors(numbers.vectors(side), d, d);
    Eigen::VectorXd found = diagonal.diagonal();
    std::sort(found.begin(), found.end());
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> truth(covariances[static_cast<std::size_t>(side)]);
    // Double precision, a few hundred rotations of numbers of size 1.
    EXPECT_LT((found - truth.eigenvalues()).cwiseAbs().maxCoeff(), 1e-12) << side;
    const Eigen::MatrixXd product = covariances[static_cast<std::size_t>(side)] * vectors;
    EXPECT_LT((product - vectors * diagonal.diagonal().asDiagonal()).cwiseAbs().maxCoeff(), 1e-12) << side;
    EXPECT_LT((vectors.transpose() * vectors - Eigen::MatrixXd::Identity(d, d)).cwiseAbs().maxCoeff(), 1e-12);
  }
}

TEST(DecompositionOfWhatIsBroken, EndsAtOnceWhereSomethingIsNotFinite) {
  const cuda::PairView view{0, 0, 1};
  std::vector<double> memory(static_cast<std::size_t>(cuda::PairNumbers::count(2, 4)), 1.0);
  cuda::Group group{};
  group.latent = 2;
  group.batch = 4;
  group.pair_views = &view;
  group.doubles = memory.data();
  const cuda::PairNumbers numbers(group, 0, 0);
  for (const double bad :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    numbers.covariance(1)[1] = bad;
    cuda::EigenShared shared{};
    cuda::decompose(cuda::HostBlock<cuda::wide>({}), shared, numbers, 2);
    EXPECT_EQ(shared.done, 1);
    // Not one rotation: the vectors are those that it began with.
    EXPECT_EQ(numbers.vectors(0)[0], 1.0);
    EXPECT_EQ(numbers.vectors(0)[1], 0.0);
  }
}

INSTANTIATE_TEST_SUITE_P(Dimensions, Decomposition, testing::Values(1, 2, 3, 4, 7, 10, 33));

}  // namespace
}  // namespace cplae
