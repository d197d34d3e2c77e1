#include "cplae/engine/initial_weights.hpp"

#include <cmath>

namespace cplae::engine {

std::vector<float> initial_weights(const model::Layout& layout, NetworkKey key) {
  const RandomStream stream(key, {.purpose = Purpose::initial_weights});
  std::vector<float> values(layout.parameter_floats, 0.0F);
  for (const auto& slot : layout.parameters) {
    if (!slot.name.ends_with("/weight")) continue;
    const auto limit = static_cast<float>(std::sqrt(6.0 / static_cast<double>(slot.rows + slot.columns)));
    const std::size_t end = slot.offset + static_cast<std::size_t>(slot.rows * slot.columns);
    for (std::size_t i = slot.offset; i < end; ++i)
      values[i] = limit * (2.0F * stream.uniform(i) - 1.0F);
  }
  return values;
}

}  // namespace cplae::engine
