#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/reduce/frame.hpp"
#include "cplae/stats/counts.hpp"

namespace cplae::reduce {

/// Two labellings of the same cells, by name.
struct Compared {
  std::string first;
  std::string second;
  std::string cells;  ///< which: "held_out" or "all"
};

/// Collects the rows of consensus.csv.
class ConsensusRows {
public:
  void add(const std::string& measure, const Compared& compared, std::size_t n_cells, double value);
  [[nodiscard]] Frame frame() &&;

private:
  std::vector<std::string> measure_, first_, second_, cells_;
  std::vector<std::int64_t> n_cells_;
  std::vector<double> value_;
};

/// A table of counts with the names of its rows and columns, in the order in which they are to be shown.
struct NamedCounts {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  stats::Counts counts;
};

/// Collects the rows of contingency.csv: entries above 0, with their places in the order.
class ContingencyRows {
public:
  void add(const Compared& compared, const NamedCounts& table);
  [[nodiscard]] Frame frame() &&;

private:
  std::vector<std::string> first_, second_, cells_, row_, column_;
  std::vector<std::int64_t> row_order_, column_order_, count_;
};

}  // namespace cplae::reduce
