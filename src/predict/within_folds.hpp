#pragma once
// How far the networks of one fold differ, as held-out errors knew them: those of several folds learned from
// different cells, too.
#include <cstddef>
#include <cstdint>

#include "cplae/core/matrix.hpp"
#include "cplae/stats/ensemble.hpp"

namespace cplae::predict {

/// One modality, decoded by every network, fold by fold.
class WithinFolds {
public:
  WithinFolds(Eigen::Index cells, Eigen::Index features);

  /// Begins the next network's; those of one fold come one after the other.
  void next_network(std::int64_t fold);
  /// Some cells of the network at hand: rows from `first` on, as it decodes them. [cells x features]
  void add(Eigen::Index first, const MatrixF& decoded) { fold_sums_.add_cells(first, decoded); }
  /// Root of the mean over folds of the networks' variance (divisor n - 1), of folds that have two; NaN where
  /// none has. [cells x features]
  [[nodiscard]] MatrixD spread() &&;

private:
  void close_fold();

  std::int64_t fold_ = -1;
  std::size_t folds_ = 0;
  stats::EnsembleSums fold_sums_;
  MatrixD variances_;  ///< summed over folds
};

}  // namespace cplae::predict
