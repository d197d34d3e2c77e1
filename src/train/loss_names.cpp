#include "cplae/train/trainer.hpp"

namespace cplae::train {

std::vector<std::string> loss_names(const study::NetworkSpec& spec) {
  std::vector<std::string> names{"step"};
  for (const std::string side : {"train_", "validation_"}) {
    names.push_back(side + "total");
    for (const auto& modality : spec.modalities)
      names.push_back(side + "mse_" + modality.name);
    for (std::size_t i = 0; i < spec.modalities.size(); ++i)
      for (std::size_t j = i + 1; j < spec.modalities.size(); ++j)
        names.push_back(side + "coupling_" + spec.modalities[i].name + "_" + spec.modalities[j].name);
  }
  return names;
}

}  // namespace cplae::train
