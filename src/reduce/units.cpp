#include "cplae/reduce/units.hpp"

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "parts.hpp"

namespace cplae::reduce {

namespace {

/// Costs relative to one another, from timings of the first studies: an evaluation is decoding and a few
/// sorts, a baseline two decompositions.
constexpr double evaluation_cost_per_value = 1.0;
constexpr double baseline_cost_per_value = 20.0;
/// One EM iteration of a start touches every cell and component; about a hundred iterations a start.
constexpr double mixture_cost_per_value = 100.0;

/// Part of every stored unit. Raise it when a statistic changes: units of another version are computed again.
const std::string statistics_version = "2";

double values_in(const Context& context) {
  double values = 0;
  for (const auto& modality : context.data.modalities)
    values += static_cast<double>(modality.values.size());
  return values;
}

std::string replicate_suffix(const study::ExperimentSpec& experiment, std::int64_t replicate) {
  return (experiment.kind == study::ExperimentKind::kfold ? ",fold=" : ",init=") + std::to_string(replicate);
}

void add_evaluations(const Context& context, std::vector<StatisticsUnit>& units) {
  const double cost = evaluation_cost_per_value * values_in(context);
  for (std::size_t n = 0; n < context.plan.networks.size(); ++n) {
    const auto& network = context.plan.networks[n];
    const std::size_t experiment = context.plan.variants[network.variant.index()].experiment;
    units.push_back({.type = UnitType::evaluation,
                     .id = "evaluation," + network.id,
                     .experiment = experiment,
                     .network = n,
                     .cost = cost});
  }
}

/// One baseline for every split of the experiment: its folds, or its one hold-out. The first variant's
/// networks name the splits.
void add_baselines(const Context& context, std::vector<StatisticsUnit>& units) {
  const double cost = baseline_cost_per_value * values_in(context);
  std::vector<bool> seen(context.study.experiments.size(), false);
  std::size_t network = 0;
  for (const auto& variant : context.plan.variants) {
    const auto& experiment = context.study.experiments[variant.experiment];
    if (!seen[variant.experiment]) {
      const std::size_t splits = experiment.kind == study::ExperimentKind::kfold ? variant.replicates : 1;
      for (std::size_t b = 0; b < experiment.pc_cca.size(); ++b)
        for (std::size_t r = 0; r < splits; ++r)
          units.push_back({.type = UnitType::baseline,
                           .id = "baseline," + baseline_variant(experiment, b) +
                                 replicate_suffix(experiment, static_cast<std::int64_t>(r)),
                           .experiment = variant.experiment,
                           .network = network + r,
                           .baseline = b,
                           .cost = cost});
    }
    seen[variant.experiment] = true;
    network += variant.replicates;
  }
}

void add_mixtures(const Context& context, std::vector<StatisticsUnit>& units) {
  const auto cells = static_cast<double>(context.cells.size());
  for (std::size_t n = 0; n < context.plan.networks.size(); ++n) {
    const auto& network = context.plan.networks[n];
    const std::size_t e = context.plan.variants[network.variant.index()].experiment;
    const auto& experiment = context.study.experiments[e];
    if (experiment.components.empty()) continue;
    for (std::int64_t k = experiment.components.front(); k <= experiment.components.back(); ++k)
      units.push_back({.type = UnitType::mixture,
                       .id = "mixture," + network.id + ",components=" + std::to_string(k),
                       .experiment = e,
                       .network = n,
                       .components = k,
                       .cost = mixture_cost_per_value * cells * static_cast<double>(k * experiment.starts)});
  }
}

void compute(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
             Record& record) {
  if (unit.type == UnitType::baseline) return evaluate_baseline(context, unit, record);
  const auto& network = context.plan.networks[unit.network];
  const auto stored = store::to_network_unit(units.read_awaited(store::UnitKind::network, network.id));
  if (!stored.result.finite)
    throw NumericError("network " + network.id + " turned non-finite at step " +
                       std::to_string(stored.result.failed_step));
  if (unit.type == UnitType::evaluation) return evaluate_network(context, network, stored, record);
  fit_components(context, unit, stored, record);
}

}  // namespace

std::string baseline_variant(const study::ExperimentSpec& experiment, std::size_t baseline) {
  const auto& counts = experiment.pc_cca[baseline];
  return experiment.name + ",pc_cca=" + std::to_string(counts[0]) + "x" + std::to_string(counts[1]);
}

std::vector<StatisticsUnit> list_units(const Context& context) {
  std::vector<StatisticsUnit> units;
  add_evaluations(context, units);
  add_baselines(context, units);
  add_mixtures(context, units);
  return units;
}

bool is_current(const Record& record) {
  const auto version = record.text.find("statistics_version");
  return version != record.text.end() && version->second == statistics_version && failure(record).empty();
}

std::string failure(const Record& record) {
  const auto failed = record.text.find("failed");
  return failed == record.text.end() ? "" : failed->second;
}

Record compute_unit(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units) {
  Record record;
  try {
    compute(context, unit, units, record);
  } catch (const NumericError& error) {
    log::warning(unit.id + ": no result: " + error.what());
    record = {};
    record.text["failed"] = error.what();
  }
  record.text["statistics_version"] = statistics_version;
  return record;
}

}  // namespace cplae::reduce
