#pragma once
#include <vector>

#include "cplae/stats/counts.hpp"

namespace cplae::stats {

template <class Row, class Column>
struct Contingency {
  std::vector<Row> rows;        ///< labels of the first labelling, ascending
  std::vector<Column> columns;  ///< labels of the second labelling, ascending
  Counts counts;                ///< cells that have both labels, [rows x columns]
};

/// Cells counted by two labellings (scikit-learn's contingency_matrix). Every label counts, the empty text
/// too. Labels are std::string or std::int64_t. Throws NumericError when the labellings differ in length.
template <class Row, class Column>
[[nodiscard]] Contingency<Row, Column> contingency(const std::vector<Row>& first,
                                                   const std::vector<Column>& second);

/// The same with one list of labels for rows and columns: those that either labelling has.
template <class Label>
[[nodiscard]] Contingency<Label, Label> square_contingency(const std::vector<Label>& first,
                                                           const std::vector<Label>& second);

/// Adjusted Rand index (Hubert and Arabie 1985), as scikit-learn's adjusted_rand_score: 1 where the
/// labellings are the same partition, about 0 by chance. NaN for a table without cells. Throws NumericError
/// at a negative count.
[[nodiscard]] double adjusted_rand_index(const Counts& counts);

/// Mutual information over the arithmetic mean of both entropies, as scikit-learn's
/// normalized_mutual_info_score: 1 where both have one class only. NaN for a table without cells. Throws
/// NumericError at a negative count.
[[nodiscard]] double normalised_mutual_information(const Counts& counts);

/// How far two labellings by the same clusters agree: the authors' contingency_metric (Gala et al. 2021,
/// ml_utils).
struct ContingencyMeasures {
  double row_reliability =
      0;  ///< share of rows whose diagonal entry is above 0 and below no other of the row
  double column_reliability = 0;    ///< the same of columns
  double diagonal_reliability = 0;  ///< share of clusters for which both hold
  double consistency = 0;  ///< sum of the diagonal over the sum of all; NaN for a table without cells
  double occupancy = 0;    ///< share of diagonal entries above 0
};

/// Of a square table, rows and columns of the same clusters. A table of zeros has shares of 0 and no
/// consistency (NaN); one without clusters has NaN throughout. Throws NumericError when the table is not
/// square or has a negative count.
[[nodiscard]] ContingencyMeasures contingency_measures(const Counts& counts);

}  // namespace cplae::stats
