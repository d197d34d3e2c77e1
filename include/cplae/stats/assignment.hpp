#pragma once
#include <cstdint>
#include <vector>

#include "cplae/stats/counts.hpp"

namespace cplae::stats {

constexpr Eigen::Index unmatched = -1;

/// Rows and columns in pairs, each in one pair at most.
struct Assignment {
  std::vector<Eigen::Index> column_of_row;  ///< [rows], `unmatched` without a partner
  std::vector<Eigen::Index> row_of_column;  ///< [columns], `unmatched` without a partner
  std::int64_t trace = 0;                   ///< cells in the pairs: no other pairing has more
  /// All rows: those with a partner in the order of the columns, then the others, largest sum first, the
  /// lower index of equals. In this order the diagonal beside the columns holds `trace`, but for columns
  /// without a row. [rows]
  std::vector<Eigen::Index> row_order;
};

/// The pairing of rows with columns of a table of counts that has the most cells (Kuhn 1955), by dlib's
/// max_cost_assignment on the table made square with zeros. A pair without a cell is none. Among pairings of
/// equally many cells the one that the algorithm meets first, going through rows and columns by index: a
/// function of the table alone, and the diagonal where all counts are equal. Throws NumericError at a
/// negative count.
[[nodiscard]] Assignment best_assignment(const Counts& counts);

}  // namespace cplae::stats
