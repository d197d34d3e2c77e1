#include <gtest/gtest.h>

#include <Eigen/QR>

#include "cells.hpp"
#include "leading_eigenpairs.hpp"

namespace cplae::stats {
namespace {

/// Q diag(values) Q^T with Q of a fixed stream.
Eigen::MatrixXd with_eigenvalues(const VectorD& values) {
  const Eigen::MatrixXd random = test::normal(values.size(), values.size(), 4);
  const Eigen::MatrixXd q = Eigen::HouseholderQR<Eigen::MatrixXd>(random).householderQ();
  return q * values.asDiagonal() * q.transpose();
}

/// Vectors are unit, orthogonal, and eigenvectors of the values, all to rounding: sums of n products.
void expect_eigenpairs(const Eigen::MatrixXd& matrix, const VectorD& values, Eigen::Index count) {
  const Eigenpairs pairs = leading_eigenpairs(matrix, count);
  const double scale = values.cwiseAbs().maxCoeff();
  const double rounding = 1e-15 * static_cast<double>(values.size());
  ASSERT_EQ(pairs.leading.cols(), count);
  EXPECT_LE((pairs.values - values).cwiseAbs().maxCoeff(), rounding * scale);
  const Eigen::MatrixXd gram = pairs.leading.transpose() * pairs.leading;
  EXPECT_LT((gram - Eigen::MatrixXd::Identity(count, count)).cwiseAbs().maxCoeff(), rounding);
  const Eigen::MatrixXd scaled = pairs.leading * values.tail(count).reverse().asDiagonal();
  EXPECT_LE((matrix * pairs.leading - scaled).cwiseAbs().maxCoeff(), rounding * scale);
}

TEST(LeadingEigenpairs, FewOfMany) {
  const VectorD values = VectorD::LinSpaced(200, 1, 300);
  expect_eigenpairs(with_eigenvalues(values), values, 30);
  expect_eigenpairs(1e90 * with_eigenvalues(values), 1e90 * values, 30);
  expect_eigenpairs(1e-200 * with_eigenvalues(values), 1e-200 * values, 30);
}

TEST(LeadingEigenpairs, ManyOfFew) {
  const VectorD values = VectorD::LinSpaced(9, -1, 5);
  expect_eigenpairs(with_eigenvalues(values), values, 9);
  expect_eigenpairs(Eigen::MatrixXd::Constant(1, 1, 3), VectorD::Constant(1, 3), 1);
}

TEST(LeadingEigenpairs, RepeatedAndClusteredValues) {
  VectorD values = VectorD::LinSpaced(120, 0, 1);
  values.tail(10).setConstant(2);
  expect_eigenpairs(with_eigenvalues(values), values, 20);
  values.tail(10) = VectorD::LinSpaced(10, 2, 2 + 1e-13);
  expect_eigenpairs(with_eigenvalues(values), values, 20);
  values.head(115).setZero();
  expect_eigenpairs(with_eigenvalues(values), values, 20);
}

TEST(LeadingEigenpairs, MatricesThatFallApart) {
  const VectorD diagonal = VectorD::LinSpaced(80, 1, 2);
  expect_eigenpairs(diagonal.asDiagonal(), diagonal, 20);
  expect_eigenpairs(Eigen::MatrixXd::Identity(80, 80), VectorD::Ones(80), 20);
  expect_eigenpairs(Eigen::MatrixXd::Zero(80, 80), VectorD::Zero(80), 20);
}

}  // namespace
}  // namespace cplae::stats
