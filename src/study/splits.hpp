#pragma once
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/study/study.hpp"

namespace cplae::study {

/// Every split of an experiment: one a fold, or the one of all initialisations. Throws UsageError where the
/// cells are too few.
[[nodiscard]] std::vector<data::Split> splits_of(const Study& study, const ExperimentSpec& experiment,
                                                 const std::vector<std::string>& labels);

}  // namespace cplae::study
