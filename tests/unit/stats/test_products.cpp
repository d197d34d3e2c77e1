// Products of a matrix with itself, by each set of instructions, and Cholesky factors, against Eigen.
#include <gtest/gtest.h>

#include <cmath>

#include "kernel_sets.hpp"
#include "products.hpp"

namespace cplae::stats {
namespace {

constexpr double sentinel = 7.25;

MatrixD waves(Eigen::Index rows, Eigen::Index columns) {
  MatrixD x(rows, columns);
  for (Eigen::Index i = 0; i < x.size(); ++i)
    x.data()[i] = std::sin(0.7 * double(i) + 0.01 * double(i % 17) * double(i));
  return x;
}

/// What the kernel leaves in a larger matrix full of sentinels; its scratch is checked to its end.
Eigen::MatrixXd added(const Kernels& kernels, const MatrixD& factors, Eigen::Index size, double sign) {
  Eigen::MatrixXd sums = Eigen::MatrixXd::Constant(size + 3, size, sentinel);
  const std::size_t needed = product_depth * (static_cast<std::size_t>(size) + 3 * widest);
  std::vector<double> scratch(needed + widest, sentinel);
  kernels.add_symmetric_product({.size = static_cast<std::size_t>(size),
                                 .depth = static_cast<std::size_t>(factors.rows()),
                                 .stride = static_cast<std::size_t>(factors.cols()),
                                 .sums_stride = static_cast<std::size_t>(sums.rows()),
                                 .factors = factors.data(),
                                 .sums = sums.data(),
                                 .scratch = scratch.data(),
                                 .sign = sign});
  for (std::size_t i = needed; i < scratch.size(); ++i)
    EXPECT_EQ(scratch[i], sentinel) << "beyond its scratch";
  return sums;
}

// Chains of up to 192 products of entries up to 1, then sums of these: some n * 1e-16 of the sum of
// magnitudes.
TEST(SymmetricProduct, IsTheSumOfItsTermsAndNothingElseIsTouched) {
  for (const Kernels* kernels : test::kernel_sets())
    for (const Eigen::Index size : {1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 65})
      for (const Eigen::Index depth : {1, 5, 191, 192, 193, 400}) {
        SCOPED_TRACE(std::string(kernels->name) + ", " + std::to_string(size) + " x " +
                     std::to_string(depth));
        const MatrixD factors = waves(depth, size + 2);  // the last two columns take no part
        const MatrixD used = factors.leftCols(size);
        const Eigen::MatrixXd expected = used.transpose() * used;
        for (const double sign : {1.0, -1.0}) {
          const Eigen::MatrixXd sums = added(*kernels, factors, size, sign);
          for (Eigen::Index j = 0; j < size; ++j)
            for (Eigen::Index i = 0; i < sums.rows(); ++i) {
              const bool is_below = i >= j && i < size;
              EXPECT_NEAR(sums(i, j), is_below ? sentinel + sign * expected(i, j) : sentinel,
                          is_below ? 2.3e-16 * double(depth) * double(depth + 8) : 0);
            }
        }
      }
}

TEST(SymmetricProduct, HasTheSameBitsWhereMultiplyAddsAreFused) {
  const auto sets = test::kernel_sets();
  if (sets.size() < 3) GTEST_SKIP() << "this processor has one set with multiply-adds at most";
  for (const Eigen::Index size : {1, 9, 31, 70})
    EXPECT_EQ(added(*sets[1], waves(300, size), size, 1), added(*sets[2], waves(300, size), size, 1)) << size;
}

TEST(SmallerGram, OfWideAndOfTallMatrices) {
  for (const auto& [rows, columns] : {std::pair<int, int>{400, 30}, {30, 400}, {193, 193}, {1, 5}, {5, 1}}) {
    const Eigen::MatrixXd x = waves(rows, columns);
    const Eigen::MatrixXd flat = columns > rows ? Eigen::MatrixXd(x.transpose()) : x;
    const Eigen::MatrixXd expected = flat.transpose() * flat;
    const Eigen::MatrixXd found = smaller_gram(x);
    EXPECT_LE((found - Eigen::MatrixXd(expected.triangularView<Eigen::Lower>())).cwiseAbs().maxCoeff(),
              1e-12);
  }
}

/// Positive definite, of condition 1e3 or so.
Eigen::MatrixXd definite(Eigen::Index size) {
  const Eigen::MatrixXd x = waves(size + 5, size);
  return x.transpose() * x / double(size) + 0.01 * Eigen::MatrixXd::Identity(size, size);
}

// Both are backward stable: solutions differ by condition * size * 1e-16; the estimate of the condition is
// of the same factor but for rounding.
TEST(Cholesky, SolvesAndJudgesAsEigenDoes) {
  for (const Eigen::Index size : {1, 2, 63, 64, 65, 128, 129, 200}) {
    SCOPED_TRACE(size);
    const Eigen::MatrixXd matrix = definite(size);
    const Eigen::MatrixXd right = waves(size, 3);
    const Eigen::LLT<Eigen::MatrixXd> expected(matrix);
    Eigen::MatrixXd given = matrix;
    given.triangularView<Eigen::StrictlyUpper>().setConstant(sentinel);  // not looked at
    const Cholesky found(given);
    ASSERT_EQ(found.info(), Eigen::Success);
    EXPECT_LE((found.solve(right) - expected.solve(right)).norm(), 1e-9 * expected.solve(right).norm());
    EXPECT_NEAR(found.rcond(), expected.rcond(), 1e-6 * expected.rcond());
  }
}

TEST(Cholesky, TellsWhatIsNotPositiveDefinite) {
  for (const Eigen::Index where : {0, 63, 64, 100, 129}) {
    Eigen::MatrixXd matrix = definite(130);
    matrix(where, where) = -1;
    EXPECT_EQ(Cholesky(matrix).info(), Eigen::NumericalIssue) << where;
  }
}

}  // namespace
}  // namespace cplae::stats
