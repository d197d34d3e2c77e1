#pragma once
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "cplae/train/state.hpp"
#include "cplae/train/trainer.hpp"

namespace cplae::train {

/// One network's way so far: where it stands, its losses, its best weights. Knows nothing of how steps are
/// made.
class History {
public:
  /// Reads the task's checkpoint if there is one; one that this training cannot have made is named in a
  /// warning and left out.
  explicit History(const Task& task);

  [[nodiscard]] const Task& task() const { return task_; }
  [[nodiscard]] std::int64_t step() const { return state_.step; }
  [[nodiscard]] const engine::State& now() const { return state_.now; }
  [[nodiscard]] bool has_failed() const { return failed_step_.has_value(); }
  /// Nothing more is to be learnt: it failed, or its patience is over.
  [[nodiscard]] bool has_ended() const { return has_failed() || out_of_patience_; }

  void set_step(std::int64_t step) { state_.step = step; }
  /// Sums of the training terms since the last validation, and the terms of this one, judged by the measured
  /// modalities. Returns whether the weights that were validated are the best so far, which the caller then
  /// keeps. A loss that is not finite freezes the network; too long without a better one ends its training.
  [[nodiscard]] bool record(const std::vector<double>& term_sums, const std::vector<double>& terms);
  /// Those of the best step, before they are asked for or written.
  void set_best_weights(model::Weights weights) { state_.best_weights = std::move(weights); }
  /// Whether the present step is one whose weights go into an average.
  [[nodiscard]] bool is_averaging() const;
  /// Adds the weights of the present step to the average, which it gives. Once a validation.
  const model::Weights& average_in(const model::Weights& weights);
  [[nodiscard]] const model::Weights& average() const { return state_.average; }
  /// Takes back a network that another engine will go on with.
  void pause(engine::State now, double seconds_here);
  /// Writes the task's checkpoint with this state, which is the function's own, and throws IoError; null
  /// where there is none to write.
  [[nodiscard]] std::function<void()> checkpoint(engine::State now, double seconds_here) const;

  [[nodiscard]] const model::Weights& best_weights() const { return state_.best_weights; }
  /// `latents`: of the best weights; ignored for a network that has failed.
  [[nodiscard]] Result result(std::vector<MatrixF> latents, double seconds_here) const;

private:
  [[nodiscard]] bool is_possible(const State& state) const;
  /// Of the loss history.
  [[nodiscard]] std::size_t columns() const;
  [[nodiscard]] bool is_best(double loss) const;
  [[nodiscard]] bool waited_long_enough() const;

  const Task& task_;
  State state_;
  double seconds_before_ = 0;
  std::optional<std::int64_t> failed_step_;
  bool out_of_patience_ = false;
};

}  // namespace cplae::train
