#pragma once
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/predict/predict.hpp"

namespace cplae::predict {

/// What is written of a prediction. All references outlive the calls.
struct PredictedCells {
  const std::vector<std::string>& cells;
  const std::vector<data::ObsColumn>&
      obs;  ///< of the new data; columns that a prediction makes anew are replaced
  const std::vector<TrainedModality>& modalities;  ///< of the study
  const std::vector<NewModality>& measured;
  const Prediction& prediction;
  const std::optional<data::Taxonomy>& taxonomy;
  const std::vector<std::string>& notes;  ///< how it was made: uns/cplae_prediction
};

/// The columns of obs that the prediction of one label makes: predicted_<label>, predicted_<label>_agreement
/// and _probability.
[[nodiscard]] std::array<std::string, 3> type_columns(const std::string& label);

/// The columns of obs that a prediction makes: predicted_<label>, predicted_<label>_agreement and
/// _probability for each labelling; distance_latent, distance_input, distance_missing, missing_share,
/// from_modalities. Pure.
[[nodiscard]] std::vector<data::ObsColumn> predicted_columns(const Prediction& prediction);

/// An .h5mu: the new cells' modalities as the networks took them, each of the cells that have it, with
/// obsm/X_cplae_<its name> and X_cplae_<their names joined by +>; every other modality with X = mean and the
/// layers sd, agreement and, of an ensemble with members, predictive_sd; obs; the tree of types. Atomic.
/// Throws IoError, DataError.
void write_prediction(const PredictedCells& predicted, const std::filesystem::path& path);

/// A CSV file: cell, the columns of predicted_columns, z_<their names joined by +>_0... Atomic. Throws
/// IoError.
void write_prediction_table(const PredictedCells& predicted, const std::filesystem::path& path);

}  // namespace cplae::predict
