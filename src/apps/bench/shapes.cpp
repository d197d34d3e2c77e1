#include "apps/bench/shapes.hpp"

#include <map>

#include "cplae/core/error.hpp"

namespace cplae::apps::bench {

namespace {

study::ModalitySpec modality_spec(const std::string& name, std::size_t depth) {
  const bool is_genes = name == "T";
  study::ModalitySpec spec{.name = name};
  spec.hidden.assign(depth, is_genes ? 50 : 40);
  spec.dropout = is_genes ? 0.5 : 0.1;
  spec.noise_sd = is_genes ? 0 : 0.05;
  spec.decoder_dropout = is_genes ? 0 : 0.1;
  spec.output = is_genes ? study::Output::relu : study::Output::linear;
  return spec;
}

}  // namespace

const Shape& shape_of(const std::string& name) {
  static const std::map<std::string, Shape> shapes{
      {"paper", {"paper", "paper", 3411, 1252, 68, 4, 200, 43}},
      {"demo", {"demo", "demo", 900, 200, 30, 2, 100, 5}},
      {"motor_cortex", {"motor_cortex", "paper", 817, 1286, 29, 4, 200, 10}},
  };
  const auto found = shapes.find(name);
  if (found == shapes.end())
    throw UsageError("--shape: found '" + name + "', expected paper, demo or motor_cortex");
  return found->second;
}

study::Study study_of(const Shape& shape, const std::vector<std::string>& modalities) {
  study::Study study;
  study.name = shape.name;
  for (const auto& name : modalities)
    study.base.modalities.push_back(modality_spec(name, shape.depth));
  study.base.training.batch = shape.batch;
  study::ExperimentSpec experiment;
  experiment.name = "cross_validation";
  experiment.folds = shape.folds;
  study.experiments = {experiment};
  return study;
}

}  // namespace cplae::apps::bench
