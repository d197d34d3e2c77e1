#include "cell_order.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

namespace cplae::stats {

namespace {

Eigen::Index widest_dimension(const MatrixD& values, std::span<const std::size_t> cells) {
  Eigen::RowVectorXd low = values.row(static_cast<Eigen::Index>(cells[0]));
  Eigen::RowVectorXd high = low;
  for (const std::size_t cell : cells) {
    low = low.cwiseMin(values.row(static_cast<Eigen::Index>(cell)));
    high = high.cwiseMax(values.row(static_cast<Eigen::Index>(cell)));
  }
  Eigen::Index widest = 0;
  (high - low).maxCoeff(&widest);
  return widest;
}

void halve(const MatrixD& values, std::size_t block, std::span<std::size_t> cells) {
  const std::size_t blocks = (cells.size() + block - 1) / block;
  if (blocks < 2) return;
  const Eigen::Index widest = widest_dimension(values, cells);
  // Whole sorts, ties by number: the order is the same with every standard library.
  std::sort(cells.begin(), cells.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(values(static_cast<Eigen::Index>(a), widest), a) <
           std::pair(values(static_cast<Eigen::Index>(b), widest), b);
  });
  const std::size_t half = blocks / 2 * block;
  halve(values, block, cells.first(half));
  halve(values, block, cells.subspan(half));
}

}  // namespace

std::vector<std::size_t> compact_order(const MatrixD& values, std::size_t block) {
  std::vector<std::size_t> order(static_cast<std::size_t>(values.rows()));
  std::iota(order.begin(), order.end(), std::size_t{0});
  halve(values, block, order);
  return order;
}

}  // namespace cplae::stats
