#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "cell_order.hpp"
#include "cells.hpp"
#include "kernel_sets.hpp"

namespace cplae::stats {
namespace {

class EachSet : public testing::TestWithParam<const Kernels*> {};

TEST_P(EachSet, ExponentialIsWithinTwoUnitsInTheLastPlace) {
  std::vector<double> x;
  for (int i = 0; i < 699'999; ++i)
    x.push_back(-1e-3 * i);
  std::vector<double> y = x;
  GetParam()->exponentials(y.data(), y.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto apart = std::bit_cast<std::int64_t>(y[i]) - std::bit_cast<std::int64_t>(std::exp(x[i]));
    ASSERT_LE(std::abs(apart), 2) << x[i];
  }
  EXPECT_EQ(y[0], 1);
  std::vector<double> far{-700.0, -1e6, -1e300, -std::numeric_limits<double>::infinity(), test::nan};
  GetParam()->exponentials(far.data(), far.size());
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(far[i], 0);
  EXPECT_TRUE(std::isnan(far[4]));
}

/// Whole columns, and one centre after the other.
struct Layout {
  Layout(const MatrixD& values, const MatrixD& centres_) : columns(values.transpose()), centres(centres_) {
    view = {.dim = static_cast<std::size_t>(values.cols()),
            .clusters = static_cast<std::size_t>(centres.rows()),
            .cells = static_cast<std::size_t>(values.rows()),
            .columns = columns.data(),
            .centres = centres.data()};
  }
  MatrixD columns;
  MatrixD centres;
  Centres view;
};

TEST_P(EachSet, NearestCentreIsFound) {
  for (const Eigen::Index dim : {1, 2, 3, 4, 6}) {
    const MatrixD values = test::normal(48, dim);
    const Layout layout(values, test::normal(7, dim, 5));
    std::vector<double> squares(48);
    std::vector<std::int64_t> owners(48);
    GetParam()->nearest(layout.view, squares.data(), owners.data());
    for (Eigen::Index cell = 0; cell < 48; ++cell) {
      Eigen::Index nearest = 0;
      const double square =
          (layout.centres.rowwise() - values.row(cell)).rowwise().squaredNorm().minCoeff(&nearest);
      EXPECT_EQ(owners[static_cast<std::size_t>(cell)], nearest);
      // A sum of `dim` squares, each rounded once or twice.
      EXPECT_NEAR(squares[static_cast<std::size_t>(cell)], square, 4e-15 * square);
    }
  }
}

TEST_P(EachSet, EqualCentresGiveTheFirst) {
  const MatrixD values = test::normal(16, 3);
  const Layout layout(values, MatrixD::Ones(4, 3));
  std::vector<double> squares(16);
  std::vector<std::int64_t> owners(16, -1);
  GetParam()->nearest(layout.view, squares.data(), owners.data());
  EXPECT_EQ(owners, std::vector<std::int64_t>(16, 0));
}

TEST_P(EachSet, CloserSumsTheCellsThatCount) {
  for (const Eigen::Index dim : {1, 2, 3, 5}) {
    const MatrixD values = test::normal(32, dim);
    const Layout layout(values, values.row(4));
    std::vector<double> before(32, 1.5);
    std::vector<double> after(32);
    for (const std::size_t count : {17U, 31U, 32U}) {
      const double sum = GetParam()->closer(layout.view, before.data(), count, after.data());
      double expected = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const auto row = static_cast<Eigen::Index>(i);
        expected += std::min(1.5, (values.row(row) - values.row(4)).squaredNorm());
      }
      EXPECT_NEAR(sum, expected, 1e-14 * expected);
      EXPECT_EQ(after[4], 0) << "the cell itself";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, EachSet, testing::ValuesIn(test::kernel_sets()),
                         [](const auto& set) { return std::string(set.param->name); });

TEST(CellOrder, IsAPermutationIntoCompactBlocks) {
  const MatrixD values = test::normal(500, 2);
  const auto order = compact_order(values, 16);
  EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), 500U);
  // 31 blocks of equal counts: a cell's block covers about a 31st of the plane, far from all of it.
  double spread = 0;
  for (std::size_t start = 0; start + 16 <= 500; start += 16) {
    const std::vector<std::size_t> block(order.begin() + static_cast<std::ptrdiff_t>(start),
                                         order.begin() + static_cast<std::ptrdiff_t>(start) + 16);
    const MatrixD cells = values(block, Eigen::all);
    spread += (cells.rowwise() - cells.colwise().mean()).squaredNorm() / 480;
  }
  EXPECT_LT(spread, 0.3 * (values.rowwise() - values.colwise().mean()).squaredNorm() / 500);
  EXPECT_EQ(compact_order(MatrixD::Ones(5, 1), 16), (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace cplae::stats
