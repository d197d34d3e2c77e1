#pragma once
// Sums over networks of what they decode, one network after the other.
#include <cstddef>

#include "cplae/core/matrix.hpp"
#include "cplae/predict/predict.hpp"
#include "cplae/stats/ensemble.hpp"

namespace cplae::predict {

/// One modality, decoded by every network.
class DecodedSums {
public:
  DecodedSums(std::size_t modality, const TrainedModality& trained, Eigen::Index cells);

  [[nodiscard]] std::size_t modality() const { return modality_; }
  /// Begins the next network's.
  void next_network() { sums_.begin_member(); }
  /// Some cells of the network at hand: rows from `first` on, as it decodes them. [cells x features]
  void add(Eigen::Index first, const MatrixF& decoded);
  /// In units of f(x).
  [[nodiscard]] PredictedModality result() &&;

private:
  std::size_t modality_;
  const TrainedModality& trained_;
  Eigen::RowVectorXf middle_;  ///< training means as networks see them
  stats::EnsembleSums sums_;
  MatrixF above_;  ///< networks above the training mean
};

}  // namespace cplae::predict
