#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

using Indices = Eigen::Matrix<Eigen::Index, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct NeighbourSearch {
  MatrixD queries;     ///< [queries x dim]
  MatrixD reference;   ///< [cells x dim]
  Eigen::Index k = 1;  ///< neighbours of each query
};

struct Neighbours {
  Indices cells;      ///< rows of the reference, nearest first, [queries x k]
  MatrixD distances;  ///< Euclidean, [queries x k]
};

/// The k nearest cells of the reference for every query, all distances computed; of equally far cells the
/// lower one comes first. Throws NumericError naming the numbers unless 1 <= k <= cells and both sides have
/// the same dimensions and finite entries.
[[nodiscard]] Neighbours nearest_neighbours(const NeighbourSearch& search);

/// Cells with their labels, "" = unlabelled.
struct LabelledCells {
  MatrixD values;                   ///< [cells x dim]
  std::vector<std::string> labels;  ///< [cells]
};

/// In the functions that take this, unlabelled cells take no part on either side, and where the reference has
/// fewer than k labelled cells all of them are neighbours. The functions throw NumericError when a side has
/// not one label a cell, and as nearest_neighbours on the labelled cells (whose rows the message counts).
struct LabelSearch {
  LabelledCells queries;
  LabelledCells reference;
  Eigen::Index k = 1;
};

struct LabelTransfer {
  double accuracy = 0;         ///< share of the scored queries that get their own label; NaN without one
  std::size_t n_cells = 0;     ///< scored: labelled queries whose label the reference has
  std::size_t n_labelled = 0;  ///< labelled queries; a label that the reference lacks cannot be transferred
};

/// Every query gets the label of most of its k nearest reference cells; of labels with equally many votes the
/// one of the nearest cell among theirs. Two labels: scikit-learn's KNeighborsClassifier with odd k.
[[nodiscard]] LabelTransfer label_transfer(const LabelSearch& search);

struct Purity {
  double mean =
      0;  ///< over scored queries, of the share of neighbours with the query's label; NaN without one
  double ceiling = 0;          ///< the same mean of min(k, cells of the label in the reference) / k
  std::size_t n_cells = 0;     ///< scored, as in LabelTransfer
  std::size_t n_labelled = 0;  ///< as in LabelTransfer
};

/// How many of the k nearest reference cells have the query's label, and how many could.
[[nodiscard]] Purity purity(const LabelSearch& search);

}  // namespace cplae::stats
