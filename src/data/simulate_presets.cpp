#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/simulate.hpp"

namespace cplae::data {

namespace {

SimulationSpec tiny() {
  SimulationSpec spec{.cells = 240, .types = 6, .families = 3};
  spec.abundance_exponent = 1.0;
  spec.within_sd = 0.4;
  spec.counts = {.genes = 40};
  spec.continuous = {{.name = "E", .features = 12, .noise = 0.6, .private_sd = 0.6, .missing_rate = 0.01}};
  return spec;
}

/// The rarest type has ten cells, too few to be scored: the rule is seen at work.
SimulationSpec demo() {
  SimulationSpec spec{.cells = 900, .types = 15, .families = 5};
  spec.abundance_exponent = 2.3;
  spec.abundance_shift = 2;
  spec.within_sd = 0.35;
  spec.counts = {.genes = 200};
  spec.continuous = {{.name = "E", .features = 30, .noise = 0.7, .private_sd = 1.0, .missing_rate = 0.01}};
  return spec;
}

SimulationSpec paper() {
  SimulationSpec spec{.cells = 3411, .types = 59, .families = 5};
  spec.abundance_exponent = 2.0;
  spec.abundance_shift = 6;
  spec.latent_dim = 5;
  spec.within_sd = 0.24;
  spec.counts = {.genes = 1252};
  // 273 of the 3,411 x 68 entries.
  spec.continuous = {
      {.name = "E", .features = 68, .noise = 0.6, .private_sd = 0.8, .missing_rate = 0.001177}};
  return spec;
}

}  // namespace

SimulationSpec preset(const std::string& name, std::size_t modalities) {
  const std::vector<std::string> names = {"tiny", "demo", "paper"};
  if (modalities < 1 || modalities > 6) {
    throw UsageError("simulate: modalities: found " + std::to_string(modalities) + ", expected 1 to 6");
  }
  SimulationSpec spec;
  if (name == "tiny") {
    spec = tiny();
  } else if (name == "demo") {
    spec = demo();
  } else if (name == "paper") {
    spec = paper();
  } else {
    throw UsageError("simulate: preset: found '" + name + "', expected " + join(names, ", "));
  }
  const ContinuousSpec e = spec.continuous.front();
  // Sizes differ, so that a mixed-up modality cannot go unnoticed.
  const std::vector<ContinuousSpec> further = {
      {.name = "M", .features = e.features + 7, .noise = 0.4, .private_sd = 0.8, .missing_rate = 0.02},
      {.name = "A", .features = e.features / 2, .noise = 0.6},
      {.name = "B", .features = e.features + 1, .noise = 0.3, .private_sd = 1.0},
      {.name = "C", .features = e.features / 2 + 3, .noise = 0.5, .missing_rate = 0.05}};
  spec.continuous.insert(spec.continuous.end(), further.begin(), further.end());
  spec.continuous.resize(modalities - 1);
  return spec;
}

}  // namespace cplae::data
