#pragma once
#include <torch/types.h>

#include <cstdint>

namespace cplae::engine {

/// Adam as Keras has it (Kingma & Ba, with epsilon outside the bias correction): m, v moments; p -= rate
/// sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + 1e-7). Flat, so that one network's optimiser is three vectors.
class Adam {
public:
  Adam(torch::Tensor parameters, torch::Tensor gradients, double learning_rate);
  /// One update; `step` counts from 1. No gradient is recorded.
  void update(std::int64_t step);

  [[nodiscard]] torch::Tensor& first_moment() { return first_; }
  [[nodiscard]] torch::Tensor& second_moment() { return second_; }

private:
  torch::Tensor parameters_;
  torch::Tensor gradients_;
  torch::Tensor first_;
  torch::Tensor second_;
  double learning_rate_;
};

}  // namespace cplae::engine
