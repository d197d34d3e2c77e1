#include "apps/train_networks.hpp"

#include <filesystem>

#include "apps/progress.hpp"
#include "apps/shared_work.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/train/trainer.hpp"

namespace cplae::apps {

namespace {

std::vector<WorkItem> network_items(const study::Plan& plan) {
  std::vector<WorkItem> items;
  for (const auto& network : plan.networks)
    items.push_back(
        {network.id, static_cast<double>(plan.variants[network.variant.index()].spec.training.steps)});
  return items;
}

class NetworkTrainer {
public:
  NetworkTrainer(const RunParts& run, const model::Device& device, Progress& progress)
      : run_(run), device_(device), progress_(progress) {}

  void train(const study::Network& network) {
    const auto& context = run_.context;
    const auto& spec = context.plan.variants[network.variant.index()].spec;
    store::NetworkUnit unit{network.id,
                            network.key,
                            study::split_of(context.study, context.plan, network, context.labels),
                            {},
                            {}};
    const auto checkpoint = run_.units.folder().checkpoint(network.id);
    const train::Task task{spec, context.data, unit.split, network.key, network.id, checkpoint};
    unit.result = train::train_network(
        task, device_,
        {.stop = [this] { return run_.stop.requested(); },
         .progress =
             [&](const train::Progress& at) { progress_.step(network.id, at.step, at.steps_per_second); }});
    unit.device = model::describe(device_);
    if (!unit.result.finite)
      log::error("network " + network.id + " turned non-finite before step " +
                 std::to_string(unit.result.failed_step) + "; the others go on");
    run_.units.write(store::UnitKind::network, network.id, store::to_record(unit));
    std::error_code ignored;  // one that stays is removed by the next start
    std::filesystem::remove(checkpoint, ignored);
    progress_.finished(spec.training.steps);
  }

private:
  const RunParts& run_;
  const model::Device& device_;
  Progress& progress_;
};

}  // namespace

std::size_t train_networks(const RunParts& run, const model::Device& device) {
  const auto& plan = run.context.plan;
  const auto items = network_items(plan);
  const Share share = share_missing(run, store::UnitKind::network, items);
  if (run.communicator.is_root())
    log::info("networks: " + std::to_string(plan.networks.size()) + " in the study, " +
              std::to_string(share.left) + " to train on " + std::to_string(run.communicator.size()) +
              " rank(s), " + model::describe(device));
  double steps = 0;
  for (const std::size_t item : share.mine)
    steps += items[item].cost;
  Progress progress(run.communicator.is_root(), share.mine.size(), steps);
  NetworkTrainer trainer(run, device, progress);
  work_together(run, [&] {
    for (const std::size_t item : share.mine)
      trainer.train(plan.networks[item]);
  });
  return share.left;
}

std::size_t compute_statistics(const RunParts& run) {
  const auto list = reduce::list_units(run.context);
  std::vector<WorkItem> items;
  for (const auto& unit : list)
    items.push_back({unit.id, unit.cost});
  const Share share = share_missing(run, store::UnitKind::statistics, items);
  if (run.communicator.is_root())
    log::info("statistics: " + std::to_string(items.size()) + " units in the study, " +
              std::to_string(share.left) + " to compute");
  std::size_t done = 0;
  Throttle throttle;
  work_together(run, [&] {
    for (const std::size_t item : share.mine) {
      if (run.stop.requested()) throw Stopped("statistics stopped");
      run.units.write(store::UnitKind::statistics, list[item].id,
                      reduce::compute_unit(run.context, list[item], run.units));
      ++done;
      if (run.communicator.is_root() && throttle.due())
        log::info("statistics: " + std::to_string(done) + " of " + std::to_string(share.mine.size()) +
                  " units of this rank done");
    }
  });
  return share.left;
}

}  // namespace cplae::apps
