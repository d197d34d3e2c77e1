#include "apps/progress.hpp"

#include <fmt/format.h>

#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"

namespace cplae::apps {

void Progress::step(const std::string& network, std::int64_t step, double steps_per_second) {
  if (!speaks_ || !throttle_.due()) return;
  const double left = (steps_left_ - static_cast<double>(step)) / steps_per_second;
  log::info(
      fmt::format("training: network {} of {} of this rank ({}), step {}, {:.0f} steps/s, about {} left",
                  done_ + 1, networks_, network, step, steps_per_second, duration_text(left)));
}

void Progress::finished(std::int64_t steps) {
  ++done_;
  steps_left_ -= static_cast<double>(steps);
}

}  // namespace cplae::apps
