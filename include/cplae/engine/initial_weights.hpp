#pragma once
#include <vector>

#include "cplae/core/random.hpp"
#include "cplae/model/layout.hpp"

namespace cplae::engine {

/// Glorot-uniform weights and zero biases (Keras' defaults), [parameter_floats]. The random number of an
/// entry is that of its place in the flat buffer.
[[nodiscard]] std::vector<float> initial_weights(const model::Layout& layout, NetworkKey key);

}  // namespace cplae::engine
