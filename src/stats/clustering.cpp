#include "cplae/stats/clustering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"

namespace cplae::stats {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class Label>
std::vector<Label> levels_of(std::vector<Label> labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

template <class Label>
Eigen::Index level(const std::vector<Label>& levels, const Label& label) {
  return std::lower_bound(levels.begin(), levels.end(), label) - levels.begin();
}

template <class Row, class Column>
void count(const std::vector<Row>& first, const std::vector<Column>& second,
           Contingency<Row, Column>& table) {
  if (first.size() != second.size()) {
    throw NumericError("contingency: " + std::to_string(first.size()) + " and " +
                       std::to_string(second.size()) + " labels, expected as many of each");
  }
  table.counts = Counts::Zero(static_cast<Eigen::Index>(table.rows.size()),
                              static_cast<Eigen::Index>(table.columns.size()));
  for (std::size_t cell = 0; cell < first.size(); ++cell)
    ++table.counts(level(table.rows, first[cell]), level(table.columns, second[cell]));
}

double sum_of_squares(const Eigen::ArrayXd& counts) {
  return counts.square().sum();
}

/// - sum p log p over the classes that have cells.
double entropy(const Eigen::ArrayXd& counts) {
  const double cells = counts.sum();
  double result = 0;
  for (const double n : counts)
    result -= n > 0 ? n / cells * std::log(n / cells) : 0;
  return result;
}

}  // namespace

template <class Row, class Column>
Contingency<Row, Column> contingency(const std::vector<Row>& first, const std::vector<Column>& second) {
  Contingency<Row, Column> table{levels_of(first), levels_of(second), {}};
  count(first, second, table);
  return table;
}

template <class Label>
Contingency<Label, Label> square_contingency(const std::vector<Label>& first,
                                             const std::vector<Label>& second) {
  std::vector<Label> both = first;
  both.insert(both.end(), second.begin(), second.end());
  both = levels_of(both);
  Contingency<Label, Label> table{both, both, {}};
  count(first, second, table);
  return table;
}

using Text = std::string;
using Number = std::int64_t;
template Contingency<Text, Text> contingency(const std::vector<Text>&, const std::vector<Text>&);
template Contingency<Text, Number> contingency(const std::vector<Text>&, const std::vector<Number>&);
template Contingency<Number, Text> contingency(const std::vector<Number>&, const std::vector<Text>&);
template Contingency<Number, Number> contingency(const std::vector<Number>&, const std::vector<Number>&);
template Contingency<Text, Text> square_contingency(const std::vector<Text>&, const std::vector<Text>&);
template Contingency<Number, Number> square_contingency(const std::vector<Number>&,
                                                        const std::vector<Number>&);

double adjusted_rand_index(const Counts& counts) {
  require_counts(counts, "adjusted Rand index");
  const Eigen::ArrayXXd n = counts.cast<double>();
  const double cells = n.sum();
  if (cells == 0) return nan;
  // Ordered pairs of cells that are together in both labellings, in one of them only, in neither.
  const double both = n.square().sum() - cells;
  const double first_only = sum_of_squares(n.rowwise().sum()) - both - cells;
  const double second_only = sum_of_squares(n.colwise().sum()) - both - cells;
  const double neither = cells * (cells - 1) - both - first_only - second_only;
  if (first_only == 0 && second_only == 0) return 1;
  return 2 * (both * neither - first_only * second_only) /
         ((both + first_only) * (first_only + neither) + (both + second_only) * (second_only + neither));
}

double normalised_mutual_information(const Counts& counts) {
  require_counts(counts, "mutual information");
  const Eigen::ArrayXXd n = counts.cast<double>();
  const double cells = n.sum();
  if (cells == 0) return nan;
  const Eigen::ArrayXd rows = n.rowwise().sum();
  const Eigen::ArrayXd columns = n.colwise().sum();
  const double entropies = entropy(rows) + entropy(columns);
  if (entropies == 0) return 1;
  double information = 0;
  for (Eigen::Index i = 0; i < n.rows(); ++i) {
    for (Eigen::Index j = 0; j < n.cols(); ++j) {
      // The quotient in this form is exactly 1 where the labellings are independent.
      if (n(i, j) > 0) information += n(i, j) / cells * std::log(n(i, j) * cells / (rows[i] * columns[j]));
    }
  }
  return std::max(information, 0.0) / (entropies / 2);
}

ContingencyMeasures contingency_measures(const Counts& counts) {
  require_counts(counts, "contingency measures");
  if (counts.rows() != counts.cols()) {
    throw NumericError("contingency measures: a table of " + std::to_string(counts.rows()) + " x " +
                       std::to_string(counts.cols()) + ", expected a square one");
  }
  if (counts.rows() == 0) return {nan, nan, nan, nan, nan};
  ContingencyMeasures sums{0, 0, 0, 0, 0};
  for (Eigen::Index i = 0; i < counts.rows(); ++i) {
    const bool occupied = counts(i, i) > 0;
    const bool row = occupied && counts(i, i) == counts.row(i).maxCoeff();
    const bool column = occupied && counts(i, i) == counts.col(i).maxCoeff();
    sums.row_reliability += row ? 1 : 0;
    sums.column_reliability += column ? 1 : 0;
    sums.diagonal_reliability += row && column ? 1 : 0;
    sums.occupancy += occupied ? 1 : 0;
  }
  const auto clusters = static_cast<double>(counts.rows());
  const auto cells = static_cast<double>(counts.sum());
  return {sums.row_reliability / clusters, sums.column_reliability / clusters,
          sums.diagonal_reliability / clusters, cells > 0 ? static_cast<double>(counts.trace()) / cells : nan,
          sums.occupancy / clusters};
}

}  // namespace cplae::stats
