#include "cplae/stats/foscttm.hpp"

#include <algorithm>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "distances.hpp"

namespace cplae::stats {

namespace {

struct CloserCells {
  double closer = 0;
  double ties = 0;  // without the partner itself
};

void require_matched(const MatchedCells& cells) {
  if (cells.first.rows() < 1 || cells.first.rows() != cells.second.rows() ||
      cells.first.cols() != cells.second.cols()) {
    throw NumericError("cells closer than the true match: " + std::to_string(cells.first.rows()) + " x " +
                       std::to_string(cells.first.cols()) + " and " + std::to_string(cells.second.rows()) +
                       " x " + std::to_string(cells.second.cols()) +
                       ", expected one cell or more and the same shapes");
  }
  require_usable(cells.first, "cells closer than the true match, first side");
  require_usable(cells.second, "cells closer than the true match, second side");
}

/// Over all rows of `from`, the columns that are closer than or as far as the row's own.
CloserCells count_closer(const MatrixD& from, const MatrixD& to) {
  const MatrixD columns = to.transpose();
  const VectorD own = squared_distances_of_pairs(from, columns);
  CloserCells counts;
  constexpr Eigen::Index block = 64;
  for (Eigen::Index first = 0; first < from.rows(); first += block) {
    const Eigen::Index rows = std::min(block, from.rows() - first);
    const MatrixD squares = squared_distances(from.middleRows(first, rows), columns);
    for (Eigen::Index row = 0; row < rows; ++row) {
      const double partner = own[first + row];
      counts.closer += static_cast<double>((squares.row(row).array() < partner).count());
      counts.ties += static_cast<double>((squares.row(row).array() == partner).count() - 1);
    }
  }
  return counts;
}

Foscttm over_pairs(double first, double second, Eigen::Index cells) {
  const double pairs = static_cast<double>(cells) * static_cast<double>(cells);
  return {first / pairs, second / pairs, (first + second) / (2 * pairs)};
}

}  // namespace

FoscttmScores foscttm(const MatchedCells& cells) {
  require_matched(cells);
  const CloserCells first = count_closer(cells.first, cells.second);
  const CloserCells second = count_closer(cells.second, cells.first);
  return {over_pairs(first.closer, second.closer, cells.first.rows()),
          over_pairs(first.closer + first.ties / 2, second.closer + second.ties / 2, cells.first.rows())};
}

}  // namespace cplae::stats
