#pragma once
// The size of a step, for every engine: those on the host ask once a step, that on a GPU in its kernel.
#include <cmath>
#include <cstdint>

#include "engine/device_code.hpp"

namespace cplae::study {
struct TrainingSpec;
}

namespace cplae::engine {

/// As study::RateSchedule.
enum class Schedule : int { constant, linear, cosine };

/// What [training] says of the learning rate.
struct RateRules {
  double peak;         ///< the rate after the warm-up
  double final_share;  ///< of the peak, at the last step; without a schedule it has no effect
  double warm_up;      ///< steps
  double steps;        ///< of the whole training
  double weight_decay;
  Schedule schedule;
};

[[nodiscard]] RateRules rate_rules(const study::TrainingSpec& training);

/// The learning rate of a step, which counts from 1 (docs/model.md).
[[nodiscard]] CPLAE_DEVICE double learning_rate(const RateRules& rules, double step) {
  if (step < rules.warm_up) return rules.peak * (step / rules.warm_up);
  if (rules.schedule == Schedule::constant) return rules.peak;
  const double left = rules.steps - rules.warm_up;
  const double done = left > 0 ? (step - rules.warm_up) / left : 1.0;
  constexpr double pi = 3.14159265358979323846;
  const double share = rules.schedule == Schedule::linear ? 1.0 - done : 0.5 * (1.0 + std::cos(pi * done));
  return rules.peak * (rules.final_share + (1.0 - rules.final_share) * share);
}

/// Of Adam: the learning rate with the correction of both moments' bias.
[[nodiscard]] CPLAE_DEVICE double adam_rate(const RateRules& rules, double step) {
  return learning_rate(rules, step) * std::sqrt(1.0 - std::pow(0.999, step)) / (1.0 - std::pow(0.9, step));
}

/// Factor of a weight in a step, before Adam's part of it; 1 without weight decay.
[[nodiscard]] CPLAE_DEVICE double decay_factor(const RateRules& rules, double step) {
  return rules.weight_decay > 0 ? 1.0 - learning_rate(rules, step) * rules.weight_decay : 1.0;
}

}  // namespace cplae::engine
