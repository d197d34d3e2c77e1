#pragma once
#include <torch/types.h>

#include <cstdint>

#include "engine/rate.hpp"

namespace cplae::engine {

/// Adam as Keras has it (Kingma & Ba, with epsilon outside the bias correction): m, v moments; p -= rate
/// sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + 1e-7). Flat, so that one network's optimiser is three vectors.
class Adam {
public:
  /// `decays` [parameters]: 1 where weight decay applies, else 0.
  Adam(torch::Tensor parameters, torch::Tensor gradients, torch::Tensor decays, const RateRules& rules);
  /// One update; `step` counts from 1. No gradient is recorded.
  void update(std::int64_t step);

  [[nodiscard]] torch::Tensor& first_moment() { return first_; }
  [[nodiscard]] torch::Tensor& second_moment() { return second_; }

private:
  torch::Tensor parameters_;
  torch::Tensor gradients_;
  torch::Tensor decays_;
  torch::Tensor first_;
  torch::Tensor second_;
  RateRules rules_;
};

}  // namespace cplae::engine
