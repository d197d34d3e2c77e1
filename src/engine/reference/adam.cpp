#include "engine/reference/adam.hpp"

#include <cmath>
#include <utility>

namespace cplae::engine {

namespace {

constexpr double beta1 = 0.9;
constexpr double beta2 = 0.999;
constexpr double epsilon = 1e-7;

}  // namespace

Adam::Adam(torch::Tensor parameters, torch::Tensor gradients, double learning_rate)
    : parameters_(std::move(parameters)),
      gradients_(std::move(gradients)),
      first_(torch::zeros_like(parameters_)),
      second_(torch::zeros_like(parameters_)),
      learning_rate_(learning_rate) {}

void Adam::update(std::int64_t step) {
  const torch::NoGradGuard no_gradient;
  const auto t = static_cast<double>(step);
  const double rate = learning_rate_ * std::sqrt(1.0 - std::pow(beta2, t)) / (1.0 - std::pow(beta1, t));
  first_.mul_(beta1).add_(gradients_, 1.0 - beta1);
  second_.mul_(beta2).addcmul_(gradients_, gradients_, 1.0 - beta2);
  parameters_.addcdiv_(first_, second_.sqrt().add_(epsilon), -rate);
}

}  // namespace cplae::engine
