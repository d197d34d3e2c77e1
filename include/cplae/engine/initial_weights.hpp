#pragma once
#include <vector>

#include "cplae/core/random.hpp"
#include "cplae/engine/engine.hpp"
#include "cplae/model/layout.hpp"

namespace cplae::engine {

/// Glorot-uniform weights and zero biases (Keras' defaults), [parameter_floats]. The random number of an
/// entry is that of its place in the flat buffer.
[[nodiscard]] std::vector<float> initial_weights(const model::Layout& layout, NetworkKey key);

/// Sets the biases of decoders' outputs where `output_bias` is mean: to what the output's activation makes
/// the mean of the feature of, over the training cells that have it (0 where none has it; relu: not below 0).
void start_outputs(const Subject& subject, const model::Layout& layout, std::vector<float>& parameters);

}  // namespace cplae::engine
