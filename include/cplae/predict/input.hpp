#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/dataset.hpp"
#include "cplae/predict/features.hpp"
#include "cplae/predict/trained.hpp"

namespace cplae::predict {

/// What the values of new cells are.
enum class InputKind : unsigned char {
  as_trained,  ///< as in the data that the run was trained on
  raw,         ///< counts
  log1p_cpm,   ///< log_e(1 + counts per million)
  log2_cpm     ///< log_2(1 + counts per million)
};

/// "as_trained", ...: the words of the command line, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string>& input_kind_names();

/// How the training values of a modality are logarithms of counts.
struct TrainedLogarithm {
  double log_of_base = 1;  ///< log_e of the logarithm's base
  bool of_model = false;   ///< a cell's counts were brought to a million over the model's features, not over
                           ///< more
};

/// From the transform, or from the training values: e^f - 1 (else 2^f - 1) of a cell sums to a million over
/// the model's features, or to less where other features had a part of it. None where neither can be. Pure.
[[nodiscard]] std::optional<TrainedLogarithm> trained_logarithm(const TrainedModality& trained);

/// How new values lie beside the training values, over the features that both have.
struct Comparison {
  double shift = 0;     ///< median of |mean - training mean| / training SD
  double sd_ratio = 1;  ///< median of SD / training SD; 1 for fewer than ten cells
  /// Of logarithms: sum over features of the means of e^f - 1 (2^f - 1), over the training cells'.
  std::optional<double> total_ratio;
};

/// measured: f(x) [cells x model features], NaN = missing. Features that are constant in training take no
/// part. Pure.
[[nodiscard]] Comparison compare_with_training(const MatrixF& measured, const TrainedModality& trained);

/// New cells as the networks were trained on theirs.
struct PreparedInput {
  FeatureMatch match;
  MatrixF measured;                ///< f(x) [cells x model features]; NaN = missing
  std::vector<std::string> notes;  ///< what was done, for people; a line each
};

/// Matches features, brings counts to the size that training cells have, and takes logarithms, as `kind`
/// says; without a kind the values are taken as they are, and refused where they cannot be what training
/// cells were. Counts are brought to what training cells have over the shared features where these were
/// brought to a million over the model's features, else to a million over all features of the new table.
/// `cells` are names for messages. Throws DataError naming modality, cell and feature, or what was compared.
[[nodiscard]] PreparedInput prepare_input(const data::Modality& found, const std::vector<std::string>& cells,
                                          const TrainedModality& trained, std::optional<InputKind> kind);

/// What the networks see: (f(x) - centre) / scale, NaN where missing. [cells x model features]
[[nodiscard]] MatrixF scaled(const MatrixF& measured, const data::FeatureScaling& scaling);

}  // namespace cplae::predict
