#pragma once
#include <string>
#include <vector>

#include "cplae/reduce/context.hpp"

namespace cplae::apps {

/// One stage of a run on so many ranks, by the shares that a run makes.
struct SimulatedStage {
  double seconds = 0;     ///< of the busiest rank
  double efficiency = 1;  ///< work of all ranks / (ranks x seconds of the busiest)
};

/// Pure. `seconds[u]` is what unit u takes; units are shared out as a run shares them.
[[nodiscard]] SimulatedStage simulate_stage(const std::vector<double>& seconds, int ranks);

/// How fast one rank is taken to be.
struct RankSpeed {
  double step_milliseconds = 0;  ///< of a network-step of the study's costliest variant; 0 = measure it here
  double cost_nanoseconds = 0;   ///< of a unit of statistics' cost: a cell, component and iteration of a
                                 ///< mixture; 0 = measure it here
};

/// What the schedule makes of a study on each number of ranks. Measures, for about two seconds, what `speed`
/// leaves open.
class RankSimulation {
public:
  RankSimulation(const reduce::Context& context, const RankSpeed& speed);
  /// A table for people, and one JSON object a line; both say "simulated".
  [[nodiscard]] std::string text(const std::vector<int>& ranks) const;
  [[nodiscard]] std::string json(const std::vector<int>& ranks) const;

private:
  std::string study_;
  RankSpeed speed_;
  bool step_was_measured_;
  bool cost_was_measured_;
  std::vector<double> training_;    ///< seconds of each network
  std::vector<double> statistics_;  ///< seconds of each unit of statistics
};

}  // namespace cplae::apps
