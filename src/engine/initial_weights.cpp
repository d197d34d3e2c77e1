#include "cplae/engine/initial_weights.hpp"

#include <algorithm>
#include <cmath>

#include "engine/sampling.hpp"

namespace cplae::engine {

std::vector<float> initial_weights(const model::Layout& layout, NetworkKey key) {
  const RandomStream stream(key, {.purpose = Purpose::initial_weights});
  std::vector<float> values(layout.parameter_floats, 0.0F);
  for (const auto& slot : layout.parameters) {
    if (!slot.is_weight()) continue;
    const auto limit = static_cast<float>(std::sqrt(6.0 / static_cast<double>(slot.rows + slot.columns)));
    const std::size_t end = slot.offset + static_cast<std::size_t>(slot.rows * slot.columns);
    for (std::size_t i = slot.offset; i < end; ++i)
      values[i] = limit * (2.0F * stream.uniform(i) - 1.0F);
  }
  return values;
}

void start_outputs(const Subject& subject, const model::Layout& layout, std::vector<float>& parameters) {
  const auto cells = training_cells(subject.data, subject.split);
  for (std::size_t m = 0; m < subject.spec.modalities.size(); ++m) {
    const auto& spec = subject.spec.modalities[m];
    if (spec.output_bias == study::OutputBias::zero) continue;
    const auto& slot = layout.slot("decoder_" + spec.name + "/Xout/bias");
    const auto means = feature_means(subject.data.trained(m), cells);
    for (std::size_t f = 0; f < means.size(); ++f) {
      const double start = spec.output == study::Output::relu ? std::max(means[f], 0.0) : means[f];
      parameters[slot.offset + f] = static_cast<float>(start);
    }
  }
}

}  // namespace cplae::engine
