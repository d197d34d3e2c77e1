#include "recipes.hpp"

#include "cplae/core/text.hpp"
#include "fields.hpp"

namespace cplae::study {

namespace {

template <class Owner, class Defaults>
std::string differing_rows(const std::string& prefix, const std::vector<Field<Owner>>& fields,
                           Defaults defaults) {
  std::string rows;
  for (const auto& field : fields) {
    const auto shown = [&](Recipe recipe) { return toml_text(field.get(defaults(recipe))); };
    const std::string paper = shown(Recipe::paper);
    if (shown(Recipe::lean) == paper && shown(Recipe::predict) == paper) continue;
    rows += "| `" + prefix + field.key + "` | `" + paper + "` | `" + shown(Recipe::lean) + "` | `" +
            shown(Recipe::predict) + "` |\n";
  }
  return rows;
}

}  // namespace

NetworkSpec defaults_of(Recipe recipe) {
  NetworkSpec spec;
  if (recipe == Recipe::paper) return spec;
  spec.coupling.augment_encoders = true;
  spec.training.steps = 4000;
  spec.training.learning_rate = 3e-3;
  spec.training.schedule = RateSchedule::cosine;
  // The rate stays high enough for the averaged weights to differ.
  spec.training.final_rate = 0.2;
  spec.training.average_last = 0.5;
  spec.training.validate_every = 100;
  // Held-out cells choose nothing.
  spec.training.keep_best_after = always_last;
  if (recipe == Recipe::predict) {
    spec.training.latent_dim = 16;
    spec.coupling.lambda = 0.1;
    spec.training.supervision = 3;
  }
  return spec;
}

ModalitySpec modality_of(Recipe recipe) {
  ModalitySpec modality;
  if (recipe == Recipe::paper) return modality;
  modality.output_bias = OutputBias::mean;
  modality.dropout = 0.5;
  if (recipe == Recipe::predict) modality.hidden = {100, 100};
  return modality;
}

std::string recipe_table() {
  return "| key | paper | lean | predict |\n| --- | --- | --- | --- |\n" +
         differing_rows("modality.<name>.", modality_fields(), modality_of) +
         differing_rows("coupling.", coupling_fields(), [](Recipe r) { return defaults_of(r).coupling; }) +
         differing_rows("training.", training_fields(), [](Recipe r) { return defaults_of(r).training; });
}

}  // namespace cplae::study
