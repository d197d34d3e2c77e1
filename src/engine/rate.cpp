#include "engine/rate.hpp"

#include "cplae/study/study.hpp"

namespace cplae::engine {

RateRules rate_rules(const study::TrainingSpec& training) {
  return {.peak = training.learning_rate,
          .final_share = training.final_rate,
          .warm_up = static_cast<double>(training.warm_up),
          .steps = static_cast<double>(training.steps),
          .weight_decay = training.weight_decay,
          .schedule = static_cast<Schedule>(training.schedule)};
}

}  // namespace cplae::engine
