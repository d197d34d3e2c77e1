#include "cplae/train/trainer.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/stopwatch.hpp"
#include "train/checkpoint_writer.hpp"
#include "train/history.hpp"

namespace cplae::train {

namespace {

/// Of checkpoints that wait to be written; more of them and the device waits too.
constexpr std::size_t most_waiting_bytes = std::size_t{2} << 30U;

/// Networks at one step on one device. `hooks` name networks by their place in the group. The clock of
/// checkpoints goes on from group to group: what each of them does in less than a checkpoint's time adds up.
class Group {
public:
  Group(const EngineMaker& make, std::vector<History*> networks, const Hooks& hooks,
        Stopwatch& since_checkpoint)
      : networks_(std::move(networks)),
        hooks_(hooks),
        since_checkpoint_(since_checkpoint),
        training_(networks_.front()->task().spec.training),
        step_(networks_.front()->step()),
        first_step_(step_),
        is_kept_(networks_.size(), false) {
    std::vector<engine::Subject> subjects;
    for (const History* network : networks_) {
      const Task& task = network->task();
      subjects.push_back({task.spec, task.data, task.split, task.key});
    }
    engine_ = make(subjects);
    for (std::size_t n = 0; n < networks_.size(); ++n)
      engine_->load(n, networks_[n]->now());
  }

  /// On to a step; at the last one, and where a network fails, its result is handed over.
  void train(std::int64_t until) {
    while (step_ < until && !all_ended()) {
      if (hooks_.stop && hooks_.stop()) {
        writer_.drop();  // older states of the same networks
        write_checkpoints(false);
        throw Stopped("network " + networks_.front()->task().id + " stopped at step " +
                      std::to_string(step_));
      }
      advance(until);
      if (step_ % training_.validate_every == 0 || step_ == training_.steps) validate();
      if (since_checkpoint_.seconds() >= training_.checkpoint_seconds)
        write_checkpoints(engine_->leaves_host_free());
    }
    writer_.wait();
    for (std::size_t n = 0; n < networks_.size(); ++n)
      if (!networks_[n]->has_ended()) leave(n);
  }

private:
  void leave(std::size_t n) {
    fetch_best(n);
    if (step_ == training_.steps)
      finish(n);
    else
      networks_[n]->pause(engine_->save(n), share_of_time());
  }

  void finish(std::size_t n) {
    writer_.wait();  // a checkpoint that came after its removal would stay
    fetch_best(n);
    if (hooks_.finished)
      hooks_.finished(
          n, networks_[n]->result(engine_->latents(n, networks_[n]->best_weights()), share_of_time()));
  }

  [[nodiscard]] bool all_ended() const {
    return std::all_of(networks_.begin(), networks_.end(), [](const auto* n) { return n->has_ended(); });
  }

  void advance(std::int64_t until) {
    const std::int64_t validation = (step_ / training_.validate_every + 1) * training_.validate_every;
    const std::int64_t to = std::min({step_ + engine_->stride(), validation, until});
    engine_->advance(step_, to);
    step_ = to;
    for (History* network : networks_)
      if (!network->has_ended()) network->set_step(step_);
  }

  void validate() {
    const auto losses = validation_losses();
    const auto sums = engine_->take_term_sums();
    for (std::size_t n = 0; n < networks_.size(); ++n) {
      if (networks_[n]->has_ended()) continue;
      if (networks_[n]->record(sums[n], losses[n])) keep(n);
      if (networks_[n]->has_ended())
        finish(n);
      else if (hooks_.progress)
        hooks_.progress({n, step_, rate()});
    }
  }

  void keep(std::size_t n) {
    is_kept_[n] = !networks_[n]->is_averaging();
    if (is_kept_[n])
      engine_->keep(n);
    else
      networks_[n]->set_best_weights(networks_[n]->average());
  }

  /// The history's best weights are those that the engine has kept since.
  void fetch_best(std::size_t n) {
    if (is_kept_[n]) networks_[n]->set_best_weights(engine_->kept(n));
    is_kept_[n] = false;
  }

  /// Of the networks' present weights, or of their averages, which stand in for these meanwhile.
  [[nodiscard]] std::vector<std::vector<double>> validation_losses() {
    std::vector<std::optional<engine::State>> in_training(networks_.size());
    for (std::size_t n = 0; n < networks_.size(); ++n)
      if (networks_[n]->is_averaging() && !networks_[n]->has_ended()) {
        in_training[n] = engine_->save(n);
        engine::State averaged = *in_training[n];
        averaged.weights = networks_[n]->average_in(in_training[n]->weights);
        engine_->load(n, averaged);
      }
    auto losses = engine_->validate();
    for (std::size_t n = 0; n < networks_.size(); ++n)
      if (in_training[n]) engine_->load(n, *in_training[n]);
    return losses;
  }

  [[nodiscard]] double rate() const {
    return static_cast<double>(step_ - first_step_) * static_cast<double>(networks_.size()) / here_.seconds();
  }

  /// `aside`: on the writer's thread, while the device steps on.
  void write_checkpoints(bool aside) {
    since_checkpoint_.reset();
    for (std::size_t n = 0; n < networks_.size(); ++n) {
      if (networks_[n]->task().checkpoint.empty() || networks_[n]->has_ended()) continue;
      fetch_best(n);
      engine::State state = engine_->save(n);
      // Weights, two moments and the best weights; the rest is small.
      const std::size_t bytes = 4 * state.weights.parameters.size() * sizeof(float);
      auto write = networks_[n]->checkpoint(std::move(state), share_of_time());
      if (aside)
        writer_.add({std::move(write), bytes});
      else
        write();
    }
  }

  /// Of the time so far, that of one network.
  [[nodiscard]] double share_of_time() const {
    return here_.seconds() / static_cast<double>(networks_.size());
  }

  std::vector<History*> networks_;
  const Hooks& hooks_;
  Stopwatch& since_checkpoint_;
  study::TrainingSpec training_;
  std::int64_t step_;
  std::int64_t first_step_;
  std::vector<bool> is_kept_;  ///< [networks] the engine has better weights than the history
  std::unique_ptr<engine::Engine> engine_;
  CheckpointWriter writer_{most_waiting_bytes};
  Stopwatch here_;
};

/// What the loop over steps goes by; networks may differ in the rest.
study::TrainingSpec schedule_of(const study::NetworkSpec& spec) {
  study::TrainingSpec schedule = spec.training;
  const study::TrainingSpec plain;
  schedule.learning_rate = plain.learning_rate;
  schedule.schedule = plain.schedule;
  schedule.final_rate = plain.final_rate;
  schedule.warm_up = plain.warm_up;
  schedule.weight_decay = plain.weight_decay;
  schedule.patience = plain.patience;
  return schedule;
}

bool same_layers(const study::ModalitySpec& a, const study::ModalitySpec& b) {
  return a.name == b.name && a.hidden == b.hidden;
}

void require_fit(const std::vector<Task>& tasks) {
  for (const Task& task : tasks)
    if (!fit_together(task.spec, tasks.front().spec))
      throw Error("network " + task.id + ": cannot be trained together with " + tasks.front().id +
                  ", whose layout or [training] differs");
}

/// Networks that are trained together, each from where it stands: those that are behind go first, until they
/// have caught up with others.
class Convoy {
public:
  Convoy(const std::vector<Task>& tasks, const Hooks& hooks) : hooks_(hooks), left_(tasks.size()) {
    histories_.reserve(tasks.size());
    for (const Task& task : tasks)
      histories_.emplace_back(task);
    std::iota(left_.begin(), left_.end(), std::size_t{0});
  }

  void train(const EngineMaker& make) {
    while (!left_.empty()) {
      const std::int64_t step = least_step_after(-1);
      std::vector<std::size_t> members;
      for (const std::size_t t : left_)
        if (histories_[t].step() == step) members.push_back(t);
      const Hooks of_group = hooks_of(members);
      Group group(make, histories_of(members), of_group, since_checkpoint_);
      group.train(least_step_after(step));
      std::erase_if(left_, [&](std::size_t t) {
        return histories_[t].has_ended() || histories_[t].step() == last_step();
      });
    }
  }

private:
  [[nodiscard]] std::int64_t last_step() const { return histories_.front().task().spec.training.steps; }

  [[nodiscard]] std::int64_t least_step_after(std::int64_t step) const {
    std::int64_t least = last_step();
    for (const std::size_t t : left_)
      if (histories_[t].step() > step) least = std::min(least, histories_[t].step());
    return least;
  }

  [[nodiscard]] std::vector<History*> histories_of(const std::vector<std::size_t>& members) {
    std::vector<History*> networks;
    for (const std::size_t t : members)
      networks.push_back(&histories_[t]);
    return networks;
  }

  /// The caller's hooks, by the places that the members have among the tasks.
  [[nodiscard]] Hooks hooks_of(const std::vector<std::size_t>& members) const {
    Hooks of_group = hooks_;
    if (hooks_.progress)
      of_group.progress = [&](const Progress& progress) {
        hooks_.progress({members[progress.task], progress.step, progress.steps_per_second});
      };
    if (hooks_.finished)
      of_group.finished = [&](std::size_t n, Result result) {
        hooks_.finished(members[n], std::move(result));
      };
    return of_group;
  }

  const Hooks& hooks_;
  std::vector<History> histories_;
  std::vector<std::size_t> left_;  ///< tasks without a result
  Stopwatch since_checkpoint_;
};

}  // namespace

bool fit_together(const study::NetworkSpec& a, const study::NetworkSpec& b) {
  return schedule_of(a) == schedule_of(b) && a.coupling.augment_encoders == b.coupling.augment_encoders &&
         std::equal(a.modalities.begin(), a.modalities.end(), b.modalities.begin(), b.modalities.end(),
                    same_layers);
}

void train_together(const EngineMaker& make, const std::vector<Task>& tasks, const Hooks& hooks) {
  if (tasks.empty()) return;
  require_fit(tasks);
  Convoy(tasks, hooks).train(make);
}

}  // namespace cplae::train
