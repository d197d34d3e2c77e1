#pragma once
#include <cstdint>
#include <vector>

#include "apps/bench/train_case.hpp"
#include "cplae/model/device.hpp"

namespace cplae::apps::bench {

/// Which networks are stepped, and how far.
struct TrainRun {
  std::size_t first = 0;  ///< networks [first, last) of the case
  std::size_t last = 1;
  std::int64_t warmup = 20;
  std::int64_t steps = 200;
  std::int64_t repeats = 3;
};

struct TrainTimes {
  std::size_t together = 0;       ///< most networks that stepped together
  std::vector<double> seconds;    ///< [repeats] of all networks' steps
  double validation_seconds = 0;  ///< of one validation of one network, the mean over all
};

/// Steps the networks in groups as large as the engine takes, one group after the other. Local. Throws
/// NumericError when a network turns non-finite: the times of such a network say nothing.
[[nodiscard]] TrainTimes time_training(const TrainCase& train_case, const TrainRun& run,
                                       const model::Device& device);

}  // namespace cplae::apps::bench
