#include "cplae/train/trainer.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "cplae/core/error.hpp"
#include "cplae/core/stopwatch.hpp"
#include "train/history.hpp"

namespace cplae::train {

namespace {

/// Networks at one step on one device, from there to their kept weights.
class Group {
public:
  Group(const EngineMaker& make, std::vector<History*> networks, const Hooks& hooks)
      : networks_(std::move(networks)),
        hooks_(hooks),
        training_(networks_.front()->task().spec.training),
        step_(networks_.front()->step()),
        first_step_(step_) {
    std::vector<engine::Subject> subjects;
    for (const History* network : networks_) {
      const Task& task = network->task();
      subjects.push_back({task.spec, task.data, task.split, task.key});
    }
    engine_ = make(subjects);
    for (std::size_t n = 0; n < networks_.size(); ++n)
      engine_->load(n, networks_[n]->now());
  }

  void train() {
    while (step_ < training_.steps && !all_failed()) {
      if (hooks_.stop && hooks_.stop()) {
        write_checkpoints();
        throw Stopped("network " + networks_.front()->task().id + " stopped at step " +
                      std::to_string(step_));
      }
      advance();
      if (step_ % training_.validate_every == 0 || step_ == training_.steps) validate();
      if (since_checkpoint_.seconds() >= training_.checkpoint_seconds) write_checkpoints();
    }
    seconds_ = share_of_time();
  }

  [[nodiscard]] Result result(std::size_t n) {
    return networks_[n]->result(engine_->latents(n, networks_[n]->best_weights()), seconds_);
  }

private:
  [[nodiscard]] bool all_failed() const {
    return std::all_of(networks_.begin(), networks_.end(), [](const auto* n) { return n->has_failed(); });
  }

  void advance() {
    const std::int64_t validation = (step_ / training_.validate_every + 1) * training_.validate_every;
    const std::int64_t to = std::min({step_ + engine_->stride(), validation, training_.steps});
    engine_->advance(step_, to);
    step_ = to;
    for (History* network : networks_)
      if (!network->has_failed()) network->set_step(step_);
  }

  void validate() {
    const auto losses = engine_->validate();
    for (std::size_t n = 0; n < networks_.size(); ++n) {
      const auto sums = engine_->take_term_sums(n);
      if (networks_[n]->has_failed()) continue;
      if (networks_[n]->record(sums, losses[n])) networks_[n]->keep(engine_->weights(n));
      if (hooks_.progress && !networks_[n]->has_failed()) hooks_.progress({n, step_, rate()});
    }
  }

  [[nodiscard]] double rate() const {
    return static_cast<double>(step_ - first_step_) * static_cast<double>(networks_.size()) / here_.seconds();
  }

  void write_checkpoints() {
    since_checkpoint_.reset();
    for (std::size_t n = 0; n < networks_.size(); ++n)
      if (!networks_[n]->task().checkpoint.empty())
        networks_[n]->write_checkpoint(engine_->save(n), share_of_time());
  }

  /// Of the time so far, that of one network.
  [[nodiscard]] double share_of_time() const {
    return here_.seconds() / static_cast<double>(networks_.size());
  }

  std::vector<History*> networks_;
  const Hooks& hooks_;
  study::TrainingSpec training_;
  std::int64_t step_;
  std::int64_t first_step_;
  std::unique_ptr<engine::Engine> engine_;
  double seconds_ = 0;  ///< of each network, once all are trained
  Stopwatch here_;
  Stopwatch since_checkpoint_;
};

/// What the loop over steps goes by; networks may differ in the rest.
study::TrainingSpec schedule_of(const study::NetworkSpec& spec) {
  study::TrainingSpec schedule = spec.training;
  schedule.learning_rate = 0;
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

}  // namespace

std::vector<std::string> loss_names(const study::NetworkSpec& spec) {
  std::vector<std::string> names{"step"};
  for (const std::string side : {"train_", "validation_"}) {
    names.push_back(side + "total");
    for (const auto& modality : spec.modalities)
      names.push_back(side + "mse_" + modality.name);
    for (std::size_t i = 0; i < spec.modalities.size(); ++i)
      for (std::size_t j = i + 1; j < spec.modalities.size(); ++j)
        names.push_back(side + "coupling_" + spec.modalities[i].name + "_" + spec.modalities[j].name);
  }
  return names;
}

bool fit_together(const study::NetworkSpec& a, const study::NetworkSpec& b) {
  return schedule_of(a) == schedule_of(b) &&
         std::equal(a.modalities.begin(), a.modalities.end(), b.modalities.begin(), b.modalities.end(),
                    same_layers);
}

void train_together(const EngineMaker& make, const std::vector<Task>& tasks, const Hooks& hooks) {
  require_fit(tasks);
  std::vector<History> histories;
  histories.reserve(tasks.size());
  std::map<std::int64_t, std::vector<std::size_t>> at_step;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    histories.emplace_back(tasks[t]);
    at_step[histories.back().step()].push_back(t);
  }
  for (const auto& entry : at_step) {
    const auto& members = entry.second;
    std::vector<History*> networks;
    for (const std::size_t t : members)
      networks.push_back(&histories[t]);
    Hooks of_group = hooks;
    if (hooks.progress)
      of_group.progress = [&](const Progress& progress) {
        hooks.progress({members[progress.task], progress.step, progress.steps_per_second});
      };
    Group group(make, std::move(networks), of_group);
    group.train();
    for (std::size_t n = 0; n < members.size(); ++n)
      if (hooks.finished) hooks.finished(members[n], group.result(n));
  }
}

}  // namespace cplae::train
