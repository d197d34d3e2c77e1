#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/predict/trained.hpp"
#include "cplae/store/read_results.hpp"

namespace cplae::predict {

/// All references outlive the call.
struct PredictionInput {
  const store::ResultsReader& results;
  study::Network best;                    ///< whose latents are handed out
  std::string variant;                    ///< or ensemble, whose networks predict
  std::size_t from = 0;                   ///< the modality of the new cells, in the study's order
  const std::vector<std::string>& cells;  ///< names of the new cells
  const MatrixF& seen;  ///< what networks see of the new cells [cells x features]; NaN = missing
  const std::vector<TrainedModality>& modalities;  ///< [modalities of the study]
  const std::vector<TrainedLabels>& labels;  ///< to be predicted; distances are to the classes of the first
  const HeldOutCells& held_out;              ///< of the new cells' modality
};

/// Types by one labelling. Every network classes the cell by QDA on its training cells' latents of the
/// modality, and has a vote; of classes with equally many votes the one of the higher probability, then of
/// the lower name.
struct PredictedTypes {
  std::string label;
  std::size_t networks = 0;         ///< that could fit two classes or more; 0: no types
  std::vector<std::string> type;    ///< [cells]
  std::vector<double> agreement;    ///< [cells] share of the networks that voted for it
  std::vector<double> probability;  ///< [cells] its posterior probability, mean over networks
};

/// What the networks make of another modality, in units of f(x) (TrainedModality). [cells x features]
struct PredictedModality {
  std::size_t modality = 0;  ///< in the study's order
  MatrixF mean;
  MatrixF sd;         ///< over networks, divisor n - 1; NaN of one network
  MatrixF agreement;  ///< share of the networks on the side of the feature's training mean on which `mean` is
};

/// How far the new cells are from those that the networks were trained on. Quantiles: shares of the variant's
/// held-out cells, pooled over its networks, that are nearer; NaN where there are none. [cells]
struct Distance {
  std::vector<double> latent;  ///< quantile of the Mahalanobis distance to the nearest class of training
                               ///< cells (to all of them, where classes cannot be fitted), mean over networks
  std::vector<double>
      input;  ///< quantile of the error of the network's own reconstruction, mean over networks
  std::vector<double> missing_share;  ///< of the model's features
  std::vector<double> missing;        ///< its quantile
};

struct Prediction {
  std::size_t networks = 0;
  std::size_t failed = 0;  ///< networks of the variant without a result
  std::vector<PredictedTypes> types;
  std::vector<PredictedModality> modalities;  ///< all but the new cells' own
  Distance distance;
  MatrixF latents;  ///< of the best network [cells x latent]
};

/// Lets all finished networks of a variant predict together. Local; memory: 36 bytes an entry of what is
/// predicted, at most. Throws DataError naming the first cell whose values are so large that what a network
/// makes of them is not finite; DataError, IoError (results.h5); NumericError for training cells without a
/// covariance.
[[nodiscard]] Prediction predict_cells(const PredictionInput& input);

}  // namespace cplae::predict
