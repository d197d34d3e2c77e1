#include "apps/progress.hpp"

#include <fmt/format.h>

#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"

namespace cplae::apps {

void Progress::step(const TrainingStep& at) {
  if (!speaks_ || !throttle_.due()) return;
  const auto together = static_cast<double>(at.together);
  const double left = (steps_left_ - together * static_cast<double>(at.step)) / at.steps_per_second;
  const std::string networks =
      at.together == 1 ? fmt::format("network {} of {}", done_ + 1, networks_)
                       : fmt::format("networks {} to {} of {}", done_ + 1, done_ + at.together, networks_);
  log::info(fmt::format("training: {} of this rank ({}), step {}, {:.0f} steps/s, about {} left", networks,
                        at.network, at.step, at.steps_per_second, duration_text(left)));
}

void Progress::finished(std::int64_t steps) {
  ++done_;
  steps_left_ -= static_cast<double>(steps);
}

}  // namespace cplae::apps
