#pragma once
// The votes of networks on the classes of cells.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/predict/predict.hpp"
#include "cplae/stats/classify.hpp"

namespace cplae::predict {

/// Collects the votes by one labelling.
class Votes {
public:
  Votes(const TrainedLabels& labels, std::size_t cells);

  /// One network's: its classes and the latents of the new cells. [cells x latent]
  void add(const stats::FittedClasses& classes, const MatrixD& latents);
  [[nodiscard]] PredictedTypes result() const;

private:
  [[nodiscard]] Eigen::Index winner(Eigen::Index cell) const;

  std::string label_;
  std::vector<std::string> classes_;           ///< of all networks, ascending
  std::map<std::string, Eigen::Index> place_;  ///< among `classes_`
  MatrixD votes_;                              ///< [cells x classes]
  MatrixD probabilities_;                      ///< summed over networks [cells x classes]
  std::size_t networks_ = 0;
};

}  // namespace cplae::predict
