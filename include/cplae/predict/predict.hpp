#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/predict/trained.hpp"
#include "cplae/store/read_results.hpp"

namespace cplae::predict {

/// New cells in one of the modalities that they were measured in.
struct NewModality {
  std::size_t modality = 0;         ///< in the study's order
  std::vector<Eigen::Index> cells;  ///< which of the new cells have it, ascending
  MatrixF measured;                 ///< f(x) of these; NaN = missing [these cells x features]
  MatrixF seen;                     ///< what networks see of it; likewise
  HeldOutCells held_out;
};

/// All references outlive the call.
struct PredictionInput {
  const store::ResultsReader& results;
  study::Network best;                       ///< whose latents are handed out
  std::string variant;                       ///< or ensemble, whose networks predict
  const std::vector<std::string>& cells;     ///< names of the new cells
  const std::vector<NewModality>& measured;  ///< in the study's order; each cell has one of them at least
  const std::vector<TrainedModality>& modalities;  ///< [modalities of the study]
  const std::vector<TrainedLabels>& labels;  ///< to be predicted; distances are to the classes of the first
  const std::vector<TrainedVariance>& variances;  ///< of the ensemble; none: no predictive SD
};

/// Types by one labelling. Every network classes the cell by QDA on the latents of its training cells that
/// have all modalities of the cell, means over these (of those that have any of them, where two classes
/// cannot be fitted), and has a vote; of classes with equally many votes the one of the higher probability,
/// then of the lower name.
struct PredictedTypes {
  std::string label;
  std::size_t networks = 0;         ///< that could fit two classes or more for some cells; 0: no types
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
  MatrixF predictive_sd;  ///< of the truth about `mean`, by the members' spread within folds and the held-out
                          ///< errors of all folds; NaN where these do not tell it. Empty: no variances
};

/// How far the new cells are from those that the networks were trained on. Quantiles: shares of the variant's
/// held-out cells, pooled over its networks, that are nearer; NaN where there are none. Of input and missing
/// the mean over the modalities that the cell has. [cells]
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
  std::vector<std::string> from;  ///< [cells] the modalities that each was predicted from: "T", "T+M"
  std::vector<PredictedModality> modalities;  ///< all but those that new cells were measured in
  Distance distance;
  MatrixF latents;  ///< of the best network, mean over the modalities that a cell has [cells x latent]
  std::vector<MatrixF> own_latents;  ///< the same by each of those measured [measured][its cells x latent]
};

/// Names of modalities as one: "T+M".
[[nodiscard]] std::string joint_name(const std::vector<TrainedModality>& modalities,
                                     const std::vector<NewModality>& measured);

/// Lets all finished networks of a variant predict together: each from the mean of the latents of the
/// modalities that a cell has, which share a space only where networks are coupled (pre-condition of more
/// than one). Local; memory: 36 bytes an entry of what is predicted, 64 with a predictive SD, at most. Throws
/// DataError naming the first cell whose values are so large that what a network makes of them is not finite;
/// DataError, IoError (results.h5); NumericError for training cells without a covariance.
[[nodiscard]] Prediction predict_cells(const PredictionInput& input);

}  // namespace cplae::predict
