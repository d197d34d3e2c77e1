#include "train/history.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "cplae/core/log.hpp"
#include "train/measured.hpp"

namespace cplae::train {

namespace {

/// The step from which weights are averaged.
std::int64_t first_averaged(const study::TrainingSpec& training) {
  const auto steps = static_cast<double>(training.steps);
  return training.steps - std::llround(training.average_last * steps) + 1;
}

}  // namespace

History::History(const Task& task) : task_(task) {
  state_.now = engine::initial_state({task.spec, task.data, task.split, task.key});
  state_.best_weights = state_.now.weights;
  if (task.spec.training.average_last > 0) {
    state_.average.parameters.resize(state_.now.weights.parameters.size());
    state_.average.moving.resize(state_.now.weights.moving.size());
  }
  if (task.checkpoint.empty()) return;
  State read = state_;
  if (!read_checkpoint(task.checkpoint, {task.id, task.identity}, read)) return;
  if (!is_possible(read)) {
    log::warning(task.checkpoint.string() + ": at step " + std::to_string(read.step) + ", best step " +
                 std::to_string(read.best_step) + " and " + std::to_string(read.losses.size()) +
                 " losses, which training of " + std::to_string(task.spec.training.steps) +
                 " steps never is; the network starts anew");
    return;
  }
  state_ = std::move(read);
  seconds_before_ = state_.seconds;
}

/// A right checksum says that a checkpoint is whole, not that this program made it.
bool History::is_possible(const State& state) const {
  const auto& training = task_.spec.training;
  if (state.step < 0 || state.step > training.steps || state.best_step < 0 || state.best_step > state.step)
    return false;
  const bool has_last = state.step == training.steps && training.steps % training.validate_every != 0;
  const std::int64_t validations = state.step / training.validate_every + (has_last ? 1 : 0);
  return state.losses.size() == static_cast<std::size_t>(validations) * columns();
}

std::size_t History::columns() const {
  return 1 + 2 * engine::terms_of(task_.spec);
}

bool History::record(const std::vector<double>& term_sums, const std::vector<double>& terms) {
  const auto validation = judged(task_.spec, terms);
  const auto& training = task_.spec.training;
  const auto since = static_cast<double>((state_.step - 1) % training.validate_every + 1);
  state_.losses.push_back(static_cast<float>(state_.step));
  for (const double sum : term_sums)
    state_.losses.push_back(static_cast<float>(sum / since));
  for (const double term : validation)
    state_.losses.push_back(static_cast<float>(term));
  if (!std::isfinite(term_sums.front()) || !std::isfinite(validation.front())) {
    failed_step_ = state_.step;
    return false;
  }
  if (!is_best(validation.front())) {
    out_of_patience_ = waited_long_enough();
    return false;
  }
  state_.best_loss = validation.front();
  state_.best_step = state_.step;
  return true;
}

bool History::is_averaging() const {
  const auto& training = task_.spec.training;
  return training.average_last > 0 && state_.step >= first_averaged(training);
}

const model::Weights& History::average_in(const model::Weights& weights) {
  const auto& training = task_.spec.training;
  // A validation after every `validate_every` steps and one after the last, of which the first that counts is
  // at the first averaged step or after it: their number follows from the step, also after a resume.
  const std::int64_t before = (first_averaged(training) - 1) / training.validate_every;
  const std::int64_t rest = state_.step % training.validate_every;
  const std::int64_t until_now = state_.step / training.validate_every + (rest != 0 ? 1 : 0);
  const auto count = static_cast<float>(until_now - before);
  const auto add = [&](std::vector<float>& mean, const std::vector<float>& values) {
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean[i] += (values[i] - mean[i]) / count;
  };
  add(state_.average.parameters, weights.parameters);
  add(state_.average.moving, weights.moving);
  return state_.average;
}

void History::pause(engine::State now, double seconds_here) {
  state_.now = std::move(now);
  seconds_before_ += seconds_here;
}

/// The best state from `keep_best_after` on; the last one if that lies beyond the end.
bool History::is_best(double loss) const {
  const auto& training = task_.spec.training;
  if (training.keep_best_after > training.steps) return state_.step == training.steps;
  return state_.step >= training.keep_best_after && loss < state_.best_loss;
}

bool History::waited_long_enough() const {
  const auto& training = task_.spec.training;
  // Without a kept network there is nothing yet to be better than.
  if (training.patience == 0 || state_.best_step == 0 || state_.step == training.steps) return false;
  return (state_.step - state_.best_step) / training.validate_every >= training.patience;
}

std::function<void()> History::checkpoint(engine::State now, double seconds_here) const {
  // A network that has ended is finished: a checkpoint of it would train on.
  if (task_.checkpoint.empty() || has_ended()) return nullptr;
  State state{.step = state_.step,
              .seconds = seconds_before_ + seconds_here,
              .now = std::move(now),
              .losses = state_.losses,
              .best_loss = state_.best_loss,
              .best_step = state_.best_step,
              .best_weights = state_.best_weights,
              .average = state_.average};
  return [&task = task_, state = std::move(state)] {
    write_checkpoint(task.checkpoint, {task.id, task.identity}, state);
  };
}

Result History::result(std::vector<MatrixF> latents, double seconds_here) const {
  Result result;
  result.finite = !failed_step_.has_value();
  result.failed_step = failed_step_.value_or(-1);
  result.steps = state_.step;
  result.best_step = state_.best_step;
  result.weights = state_.best_weights;
  const auto width = static_cast<Eigen::Index>(columns());
  result.losses = Eigen::Map<const MatrixF>(state_.losses.data(),
                                            static_cast<Eigen::Index>(state_.losses.size()) / width, width);
  result.latents = std::move(latents);
  if (failed_step_)
    for (auto& latent : result.latents)
      latent.setConstant(std::numeric_limits<float>::quiet_NaN());
  result.seconds = seconds_before_ + seconds_here;
  return without_types(task_, std::move(result));
}

}  // namespace cplae::train
