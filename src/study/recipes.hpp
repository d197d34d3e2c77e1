#pragma once
#include <string>

#include "cplae/study/study.hpp"

namespace cplae::study {

/// What [coupling] and [training] are where a study does not say: those of the paper, or of a recipe that
/// was found by search (results/recipe.md). Has no modalities.
[[nodiscard]] NetworkSpec defaults_of(Recipe recipe);
/// What a [[modality]] is where a study does not say.
[[nodiscard]] ModalitySpec modality_of(Recipe recipe);

/// The keys that have other defaults in the recipes, as a table in Markdown.
[[nodiscard]] std::string recipe_table();

}  // namespace cplae::study
