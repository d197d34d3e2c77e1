#pragma once
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/study/study.hpp"

namespace cplae::study {

/// A column of obs as text, [cells]; a missing entry is "". Throws DataError if there is no such column.
[[nodiscard]] std::vector<std::string> column_labels(const data::Dataset& dataset, const std::string& name);

/// Every split of an experiment: one a fold, or the one of all initialisations. Throws UsageError where the
/// cells are too few.
[[nodiscard]] std::vector<data::Split> splits_of(const Study& study, const ExperimentSpec& experiment,
                                                 const std::vector<std::string>& labels);

}  // namespace cplae::study
