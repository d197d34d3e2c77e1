#pragma once
#include <vector>

#include "cplae/train/trainer.hpp"

namespace cplae::train {

/// Validation terms (engine::terms_of the spec) whose total is of the measured modalities alone: the types of
/// held-out cells, where a network is taught types, have no say in which of its weights are kept.
[[nodiscard]] std::vector<double> judged(const study::NetworkSpec& spec, std::vector<double> terms);

/// The result of a network that was taught types, without these: weights, latents and losses as of one that
/// has the measured modalities only. Of another network: the result itself.
[[nodiscard]] Result without_types(const Task& task, Result result);

}  // namespace cplae::train
