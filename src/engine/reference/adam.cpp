#include "engine/reference/adam.hpp"

#include <utility>

namespace cplae::engine {

namespace {

constexpr double beta1 = 0.9;
constexpr double beta2 = 0.999;
constexpr double epsilon = 1e-7;

}  // namespace

Adam::Adam(torch::Tensor parameters, torch::Tensor gradients, torch::Tensor decays, const RateRules& rules)
    : parameters_(std::move(parameters)),
      gradients_(std::move(gradients)),
      decays_(std::move(decays)),
      first_(torch::zeros_like(parameters_)),
      second_(torch::zeros_like(parameters_)),
      rules_(rules) {}

void Adam::update(std::int64_t step) {
  const torch::NoGradGuard no_gradient;
  const auto t = static_cast<double>(step);
  if (rules_.weight_decay > 0) parameters_.sub_(parameters_ * decays_, 1.0 - decay_factor(rules_, t));
  first_.mul_(beta1).add_(gradients_, 1.0 - beta1);
  second_.mul_(beta2).addcmul_(gradients_, gradients_, 1.0 - beta2);
  parameters_.addcdiv_(first_, second_.sqrt().add_(epsilon), -adam_rate(rules_, t));
}

}  // namespace cplae::engine
