#pragma once
#include <cstdint>
#include <string>

#include "cplae/core/stopwatch.hpp"

namespace cplae::apps {

/// True at most once every `seconds`: lines in a batch log every now and then, no progress bar.
class Throttle {
public:
  explicit Throttle(double seconds = 10) : seconds_(seconds) {}
  bool due() {
    if (clock_.seconds() < seconds_) return false;
    clock_.reset();
    return true;
  }

private:
  double seconds_;
  Stopwatch clock_;
};

/// Where a network stands that is trained.
struct TrainingStep {
  std::string network;
  std::size_t together = 1;  ///< networks that are trained with it, itself counted
  std::int64_t step = 0;
  double steps_per_second = 0;  ///< of all of them, summed
};

/// Says how far a rank's training has come, its rate and the time left.
class Progress {
public:
  /// `networks` and `steps` of this rank's share; silent unless `speaks`.
  Progress(bool speaks, std::size_t networks, double steps)
      : speaks_(speaks), networks_(networks), steps_left_(steps) {}
  void step(const TrainingStep& at);
  void finished(std::int64_t steps);

private:
  bool speaks_;
  std::size_t networks_;
  std::size_t done_ = 0;
  double steps_left_;  ///< of networks not yet finished
  Throttle throttle_;
};

}  // namespace cplae::apps
