#pragma once
// Counts of new cells, brought to the size that the training cells have.
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/dataset.hpp"
#include "cplae/predict/features.hpp"
#include "cplae/predict/input.hpp"

namespace cplae::predict {

/// Whole numbers of 0 or more, one of them larger than any logarithm of counts per million.
[[nodiscard]] bool looks_like_counts(const data::Modality& found);

/// Throws DataError naming cell and feature: a negative value; for raw, values that are logarithms; for
/// logarithms, a cell of more than a million.
void check_counts(const data::Modality& found, const std::vector<std::string>& cells, InputKind kind);

/// How counts, or logarithms of them, become the training cells' logarithms.
struct CountScale {
  InputKind kind = InputKind::raw;
  bool over_shared = false;  ///< the total is over the features that the model has too; else over all
  double total = 1e6;
  double log_of_base = 1;  ///< of the logarithm that is taken
};

/// For people: "raw counts, brought to ... "
[[nodiscard]] std::string describe(const CountScale& scale);

/// [cells x model features], NaN where the new table lacks the feature or the entry. Logarithms keep their
/// size where the total is not over the shared features. Throws DataError naming a cell without counts.
[[nodiscard]] MatrixF log_counts(const data::Modality& found, const std::vector<std::string>& cells,
                                 const FeatureMatch& match, const CountScale& scale);

}  // namespace cplae::predict
