// The least eigenvalue and its vector against Eigen's own solver.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/fused/least_eigen.hpp"

namespace cplae {
namespace {

/// A covariance of a few waves. [dim x dim]
Eigen::MatrixXd covariance(Eigen::Index dim) {
  Eigen::MatrixXd waves(dim, 40);
  for (Eigen::Index i = 0; i < waves.size(); ++i)
    waves.data()[i] = std::sin(0.37 * double(i) * double(1 + i % dim)) + 0.1 * double(i % 3);
  return waves * waves.transpose() / 40;
}

// Both solvers are backward stable: a few dim * 2e-16 of the largest eigenvalue, which |C v - value v| shows.
void expect_least(const Eigen::MatrixXd& matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> expected(matrix);
  engine::fused::LeastEigen found(matrix.rows());
  found.compute(Eigen::MatrixXd::Identity(matrix.rows(), matrix.cols()));  // nothing of it may stay
  found.compute(matrix);
  const double tolerance = 1e-14 * double(matrix.rows()) * expected.eigenvalues().cwiseAbs().maxCoeff();
  EXPECT_NEAR(found.value(), expected.eigenvalues()[0], tolerance);
  EXPECT_NEAR(found.vector().norm(), 1, 1e-14 * double(matrix.rows()));
  EXPECT_LE((matrix * found.vector() - found.value() * found.vector()).norm(), tolerance);
}

TEST(LeastEigen, OfCovariancesOfAnySize) {
  for (const Eigen::Index dim : {1, 2, 3, 4, 10, 18, 65})
    expect_least(covariance(dim));
}

TEST(LeastEigen, OfAnyScaleAndWithRepeatedValues) {
  const Eigen::MatrixXd turn = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(covariance(10)).eigenvectors();
  Eigen::VectorXd pairs(10);
  pairs << 1, 1, 1, 1, 1, 2, 2, 2, 2, 2;
  for (const double scale : {1e-100, 1e-28, 1e-6, 1.0, 1e6, 1e12, 1e100}) {
    SCOPED_TRACE(scale);
    expect_least(scale * covariance(10));
    expect_least(scale * (turn * turn.transpose()));
    expect_least(scale * (turn * pairs.asDiagonal() * turn.transpose()));
  }
}

TEST(LeastEigen, WhereNothingIsReflectedOrValuesRepeat) {
  expect_least(Eigen::Vector4d(3, 1, 2, 5).asDiagonal());
  expect_least(Eigen::MatrixXd::Identity(5, 5));
  expect_least(Eigen::MatrixXd::Ones(6, 6));
  expect_least(Eigen::MatrixXd::Zero(3, 3));
  Eigen::MatrixXd blocks = Eigen::MatrixXd::Zero(5, 5);
  blocks.topLeftCorner(2, 2) = covariance(2);
  blocks.bottomRightCorner(3, 3) = covariance(3);
  expect_least(blocks);
}

}  // namespace
}  // namespace cplae
