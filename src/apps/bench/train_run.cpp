#include "apps/bench/train_run.hpp"

#include <algorithm>
#include <cmath>

#include "cplae/core/error.hpp"
#include "cplae/core/stopwatch.hpp"

namespace cplae::apps::bench {

namespace {

class Group {
public:
  Group(engine::Kind kind, const std::vector<engine::Subject>& subjects, const model::Device& device)
      : engine_(engine::make_engine(kind, subjects, device)) {
    for (std::size_t n = 0; n < subjects.size(); ++n)
      engine_->load(n, engine::initial_state(subjects[n]));
  }

  /// In pieces, as training does it; returns seconds.
  double advance(std::int64_t steps) {
    const Stopwatch clock;
    for (const std::int64_t end = step_ + steps; step_ < end;) {
      const std::int64_t to = std::min(end, step_ + engine_->stride());
      engine_->advance(step_, to);
      step_ = to;
    }
    wait();
    return clock.seconds();
  }

  double validate() {
    wait();
    const Stopwatch clock;
    static_cast<void>(engine_->validate());
    return clock.seconds();
  }

private:
  /// Numbers on the host are there only once the device has made all steps.
  void wait() {
    const auto sums = engine_->take_term_sums();
    for (const double term : sums.front())
      if (!std::isfinite(term))
        throw NumericError("bench train: a network is not finite before step " + std::to_string(step_) +
                           "; its times would say nothing");
  }

  std::unique_ptr<engine::Engine> engine_;
  std::int64_t step_ = 0;
};

}  // namespace

TrainTimes time_training(const TrainCase& train_case, const TrainRun& run, const model::Device& device) {
  TrainTimes times{.seconds = std::vector<double>(static_cast<std::size_t>(run.repeats), 0.0)};
  if (run.first == run.last) return times;
  const engine::Kind kind = engine::choose_kind(train_case.spec(), device);
  const std::size_t most =
      std::max<std::size_t>(1, engine::most_together(kind, train_case.subject(run.first), device));
  for (std::size_t begin = run.first; begin < run.last; begin += most) {
    std::vector<engine::Subject> subjects;
    for (std::size_t n = begin; n < std::min(run.last, begin + most); ++n)
      subjects.push_back(train_case.subject(n));
    Group group(kind, subjects, device);
    group.advance(run.warmup);
    for (double& seconds : times.seconds)
      seconds += group.advance(run.steps);
    times.validation_seconds += group.validate() / static_cast<double>(run.last - run.first);
    times.together = std::max(times.together, subjects.size());
  }
  return times;
}

}  // namespace cplae::apps::bench
