#include "cplae/stats/assignment.hpp"

#include <dlib/optimization/max_cost_assignment.h>

#include <algorithm>

#include "check.hpp"

namespace cplae::stats {

namespace {

dlib::matrix<std::int64_t> squared(const Counts& counts) {
  const Eigen::Index size = std::max(counts.rows(), counts.cols());
  dlib::matrix<std::int64_t> square = dlib::zeros_matrix<std::int64_t>(size, size);
  for (Eigen::Index row = 0; row < counts.rows(); ++row) {
    for (Eigen::Index column = 0; column < counts.cols(); ++column)
      square(row, column) = counts(row, column);
  }
  return square;
}

std::vector<Eigen::Index> order_of_rows(const Counts& counts, const Assignment& pairs) {
  std::vector<Eigen::Index> order;
  for (const Eigen::Index row : pairs.row_of_column)
    if (row != unmatched) order.push_back(row);
  const auto matched = static_cast<std::ptrdiff_t>(order.size());
  for (Eigen::Index row = 0; row < counts.rows(); ++row)
    if (pairs.column_of_row[static_cast<std::size_t>(row)] == unmatched) order.push_back(row);
  std::stable_sort(order.begin() + matched, order.end(),
                   [&](Eigen::Index a, Eigen::Index b) { return counts.row(a).sum() > counts.row(b).sum(); });
  return order;
}

}  // namespace

Assignment best_assignment(const Counts& counts) {
  require_counts(counts, "assignment");
  Assignment result{std::vector<Eigen::Index>(static_cast<std::size_t>(counts.rows()), unmatched),
                    std::vector<Eigen::Index>(static_cast<std::size_t>(counts.cols()), unmatched),
                    0,
                    {}};
  const std::vector<long> partners = dlib::max_cost_assignment(squared(counts));
  for (Eigen::Index row = 0; row < counts.rows(); ++row) {
    const auto column = static_cast<Eigen::Index>(partners[static_cast<std::size_t>(row)]);
    if (column >= counts.cols() || counts(row, column) == 0) continue;
    result.column_of_row[static_cast<std::size_t>(row)] = column;
    result.row_of_column[static_cast<std::size_t>(column)] = row;
    result.trace += counts(row, column);
  }
  result.row_order = order_of_rows(counts, result);
  return result;
}

}  // namespace cplae::stats
