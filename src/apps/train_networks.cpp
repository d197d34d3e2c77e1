#include "apps/train_networks.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include "apps/estimate.hpp"
#include "apps/progress.hpp"
#include "apps/shared_work.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/engine/engine.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/study/supervision.hpp"
#include "cplae/train/groups.hpp"
#include "cplae/train/trainer.hpp"

namespace cplae::apps {

namespace {

/// Shared out by what they take, as `cplae plan` counts it: variants may differ in width as well as in steps.
std::vector<WorkItem> network_items(const reduce::Context& context) {
  std::vector<double> flop;
  for (const auto& variant : context.plan.variants)
    flop.push_back(network_cost(context, variant.spec).flop);
  std::vector<WorkItem> items;
  for (const auto& network : context.plan.networks)
    items.push_back({network.id, flop[network.variant.index()]});
  return items;
}

/// Trains a rank's networks, as many together as the device takes with gain.
class NetworkTrainer {
public:
  NetworkTrainer(const RunParts& run, const model::Device& device, Progress& progress)
      : run_(run), device_(device), progress_(progress) {
    for (const auto& variant : run.context.plan.variants)
      specs_.push_back(study::taught(variant.spec, run.context.data));
  }

  /// What it is at, for messages.
  [[nodiscard]] const std::string& doing() const { return doing_; }

  /// `items`: places of networks in the plan.
  void train(const std::vector<std::size_t>& items) {
    train::train_in_groups(
        items,
        {.fit = [&](std::size_t a, std::size_t b) { return train::fit_together(spec_of(a), spec_of(b)); },
         .most = [&](std::size_t item) { return most_together(item); },
         .train = [&](const auto& members, auto& left) { train_group(members, left); }});
  }

private:
  [[nodiscard]] const study::NetworkSpec& spec_of(std::size_t item) const {
    return specs_[run_.context.plan.networks[item].variant.index()];
  }

  [[nodiscard]] store::NetworkUnit unit_of(std::size_t item) const {
    const auto& context = run_.context;
    const auto& network = context.plan.networks[item];
    return {network.id,
            network.key,
            study::split_of(context.study, context.plan, network, context.labels),
            {},
            {}};
  }

  [[nodiscard]] std::size_t most_together(std::size_t item) const {
    const auto unit = unit_of(item);
    const engine::Kind kind = engine::choose_kind(spec_of(item), device_);
    return engine::most_together(kind, {spec_of(item), run_.context.data, unit.split, unit.key}, device_);
  }

  /// Trains the members, and takes each off the list when its unit is written.
  void train_group(const std::vector<std::size_t>& members, std::vector<std::size_t>& items) {
    doing_ = "training network " + run_.context.plan.networks[members.front()].id +
             (members.size() > 1 ? " and " + std::to_string(members.size() - 1) + " more" : "");
    std::vector<store::NetworkUnit> units;
    for (const std::size_t item : members)
      units.push_back(unit_of(item));
    std::vector<train::Task> tasks;
    for (std::size_t i = 0; i < members.size(); ++i)
      tasks.push_back({spec_of(members[i]), run_.context.data, units[i].split, units[i].key, units[i].id,
                       run_.units.folder().checkpoint(units[i].id), run_.units.identity()});
    const train::Hooks hooks{
        .stop = [this] { return run_.stop.requested(); },
        .progress =
            [&](const train::Progress& at) {
              progress_.step({units[at.task].id, members.size(), at.step, at.steps_per_second});
            },
        .finished =
            [&](std::size_t i, train::Result result) {
              units[i].result = std::move(result);
              write(units[i], tasks[i]);
              std::erase(items, members[i]);
            }};
    const engine::Kind kind = engine::choose_kind(tasks.front().spec, device_);
    train::train_together([&](const auto& subjects) { return engine::make_engine(kind, subjects, device_); },
                          tasks, hooks);
  }

  void write(store::NetworkUnit& unit, const train::Task& task) {
    unit.device = model::describe(device_);
    if (!unit.result.finite)
      log::error("network " + unit.id + " turned non-finite before step " +
                 std::to_string(unit.result.failed_step) + "; the others go on");
    run_.units.write(store::UnitKind::network, unit.id, store::to_record(unit));
    std::error_code ignored;  // one that stays is removed by the next start
    std::filesystem::remove(task.checkpoint, ignored);
    progress_.finished(task.spec.training.steps);
  }

  const RunParts& run_;
  const model::Device& device_;
  Progress& progress_;
  std::vector<study::NetworkSpec> specs_;  ///< [variants] as they are trained
  std::string doing_ = "preparing to train";
};

/// What networks are taught, or that they would be and there is too little.
void tell_supervision(const reduce::Context& context) {
  const auto& variants = context.plan.variants;
  const auto count = [&](const auto& is_so) {
    return std::count_if(variants.begin(), variants.end(), is_so);
  };
  const auto supervised = count([](const auto& variant) { return study::is_supervised(variant.spec); });
  const auto told =
      count([&](const auto& variant) { return study::is_taught(study::taught(variant.spec, context.data)); });
  if (supervised > told)
    log::info("supervision: " + std::to_string(supervised - told) + " of " + std::to_string(variants.size()) +
              " variants are told no types: labels give " +
              std::to_string(context.data.types ? context.data.types->features.size() : 0) +
              " classes of more than 10 cells, fewer than 2 or than latent dimensions");
  if (told == 0) return;
  const auto cells = data::present_cells(*context.data.types).size();
  log::info("supervision: " + std::to_string(told) + " of " + std::to_string(variants.size()) +
            " variants are told " + std::to_string(context.data.types->features.size()) + " types of " +
            std::to_string(cells) + " cells, each network those of its training cells");
  const double share = static_cast<double>(cells) / static_cast<double>(context.cells.size());
  for (const auto& variant : variants) {
    const auto& training = variant.spec.training;
    const double rows = share * static_cast<double>(training.batch);
    if (!study::is_taught(study::taught(variant.spec, context.data)) ||
        rows > static_cast<double>(training.latent_dim + 1))
      continue;
    log::warning("supervision: variant " + variant.id + ": a batch of " + std::to_string(training.batch) +
                 " has some " + std::to_string(std::llround(rows)) + " cells with types, and no more than " +
                 std::to_string(training.latent_dim + 1) + " teach nothing (docs/model.md)");
    return;
  }
}

}  // namespace

std::size_t train_networks(const RunParts& run, const model::Device& device) {
  const auto& plan = run.context.plan;
  const auto items = network_items(run.context);
  const Share share = share_missing(run, store::UnitKind::network, items);
  if (run.communicator.is_root())
    log::info("networks: " + std::to_string(plan.networks.size()) + " in the study, " +
              std::to_string(share.left) + " to train on " + std::to_string(run.communicator.size()) +
              " rank(s), " + model::describe(device));
  if (run.communicator.is_root() && share.left > 0) tell_supervision(run.context);
  double steps = 0;
  for (const std::size_t item : share.mine)
    steps += static_cast<double>(plan.variants[plan.networks[item].variant.index()].spec.training.steps);
  Progress progress(run.communicator.is_root(), share.mine.size(), steps);
  NetworkTrainer trainer(run, device, progress);
  work_together(
      run, [&] { trainer.train(share.mine); }, trainer.doing());
  return share.left;
}

namespace {

/// Shares out what is missing of some units. Returns how many.
std::size_t compute_layer(const RunParts& run, const std::vector<reduce::StatisticsUnit>& list) {
  std::vector<WorkItem> items;
  for (const auto& unit : list)
    items.push_back({unit.id, unit.cost});
  const Share share = share_missing(run, store::UnitKind::statistics, items);
  if (run.communicator.is_root())
    log::info("statistics: " + std::to_string(items.size()) + " units " +
              (reduce::layer_of(list.front().type) == 0 ? "of networks, " : "of variants, ") +
              std::to_string(share.left) + " to compute");
  std::size_t done = 0;
  Throttle throttle;
  std::string doing;
  const auto compute = [&] {
    for (const std::size_t item : share.mine) {
      if (run.stop.requested()) throw Stopped("statistics stopped");
      doing = "computing " + list[item].id;
      run.units.write(store::UnitKind::statistics, list[item].id,
                      reduce::compute_unit(run.context, list[item], run.units));
      ++done;
      if (run.communicator.is_root() && throttle.due())
        log::info("statistics: " + std::to_string(done) + " of " + std::to_string(share.mine.size()) +
                  " units of this rank done");
    }
  };
  work_together(run, compute, doing);
  return share.left;
}

}  // namespace

std::size_t compute_statistics(const RunParts& run) {
  const auto all = reduce::list_units(run.context);
  std::size_t computed = 0;
  for (std::size_t layer = 0; layer < reduce::layers; ++layer) {
    std::vector<reduce::StatisticsUnit> units;
    std::copy_if(all.begin(), all.end(), std::back_inserter(units),
                 [&](const auto& unit) { return reduce::layer_of(unit.type) == layer; });
    if (!units.empty()) computed += compute_layer(run, units);
  }
  return computed;
}

}  // namespace cplae::apps
