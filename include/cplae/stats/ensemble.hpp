#pragma once
#include <cstddef>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// Mean and spread of several predictions of the same entries, gathered one prediction at a time.
class EnsembleSums {
public:
  EnsembleSums(Eigen::Index cells, Eigen::Index features);

  /// The next member's prediction (Welford's update). Throws NumericError when the shape differs.
  void add(const MatrixF& predicted);
  /// The same in blocks: begins the next member, then takes its cells from `first` on, each once.
  void begin_member() { ++members_; }
  void add_cells(Eigen::Index first, const MatrixF& predicted);
  [[nodiscard]] std::size_t members() const { return members_; }
  [[nodiscard]] const MatrixD& mean() const { return mean_; }  ///< [cells x features]
  /// SD over the members, divisor n - 1. Pre-condition: two members or more. [cells x features]
  [[nodiscard]] MatrixD spread() const;

private:
  MatrixD mean_, squares_;
  std::size_t members_ = 0;
};

/// How the spread of an ensemble stands to its errors |truth - mean|, over entries that are not missing.
struct Calibration {
  std::size_t entries = 0;
  double mean_spread = 0;       ///< NaN without an entry
  double mean_error = 0;        ///< of the absolute errors; NaN without an entry
  double rank_correlation = 0;  ///< Spearman's, over all entries; NaN where it has none
  double within_features = 0;   ///< mean over features of Spearman's over their entries
  double within_two_spreads =
      0;  ///< share of entries whose error is at most two spreads; NaN without an entry
};

/// truth [cells x features], NaN = missing; mean and spread of the same shape (NumericError).
[[nodiscard]] Calibration calibration(const MatrixF& truth, const MatrixD& mean, const MatrixD& spread);

}  // namespace cplae::stats
