#include "cplae/reduce/units.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "parts.hpp"

namespace cplae::reduce {

namespace {

/// Costs relative to one another, from timings of the first studies: an evaluation is decoding and a few
/// sorts, a baseline two decompositions.
constexpr double evaluation_cost_per_value = 1.0;
constexpr double baseline_cost_per_value = 20.0;
/// Each penalty or rank is tried on each inner fold.
constexpr double regression_cost_per_value = 100.0;
/// One EM iteration of a start touches every cell and component; about a hundred iterations a start.
constexpr double mixture_cost_per_value = 100.0;

double values_in(const Context& context) {
  double values = 0;
  for (const auto& modality : context.data.modalities)
    values += static_cast<double>(modality.values.size());
  return values;
}

/// What the ids of each type begin with.
constexpr std::array<std::pair<std::string_view, UnitType>, 5> type_names{
    {{"evaluation", UnitType::evaluation},
     {"baseline", UnitType::baseline},
     {"regression", UnitType::regression},
     {"mixture", UnitType::mixture},
     {"consensus", UnitType::consensus}}};

std::optional<UnitType> type_of(std::string_view id) {
  const std::string_view name = id.substr(0, id.find(','));
  for (const auto& [known, type] : type_names)
    if (known == name) return type;
  return std::nullopt;
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

/// One baseline for every split of the variant's experiment: its folds, or its one hold-out. Networks of the
/// variant, from `first` on, name the splits.
void add_baselines_like(const Context& context, const study::Variant& variant, std::size_t first,
                        std::vector<StatisticsUnit>& units) {
  const auto& experiment = context.study.experiments[variant.experiment];
  const std::size_t splits = experiment.kind == study::ExperimentKind::kfold ? variant.replicates : 1;
  for (std::size_t b = 0; b < experiment.pc_cca.size(); ++b)
    for (std::size_t r = 0; r < splits; ++r) {
      StatisticsUnit unit{.type = UnitType::baseline,
                          .id = "",
                          .experiment = variant.experiment,
                          .network = first + r,
                          .baseline = b,
                          .latent_dim = variant.spec.training.latent_dim,
                          .cost = baseline_cost_per_value * values_in(context)};
      unit.id = "baseline," + baseline_variant(context, unit) +
                replicate_suffix(experiment, static_cast<std::int64_t>(r));
      units.push_back(std::move(unit));
    }
}

/// Of the settings that variants differ in, a baseline depends on latent_dim alone.
void add_baselines(const Context& context, std::vector<StatisticsUnit>& units) {
  std::set<std::pair<std::size_t, std::int64_t>> seen;  // experiment, latent_dim
  std::size_t first = 0;
  for (const auto& variant : context.plan.variants) {
    if (seen.emplace(variant.experiment, variant.spec.training.latent_dim).second)
      add_baselines_like(context, variant, first, units);
    first += variant.replicates;
  }
}

/// One for each fold, named by the networks of the experiment's first variant.
void add_regressions(const Context& context, std::vector<StatisticsUnit>& units) {
  std::set<std::size_t> seen;
  std::size_t first = 0;
  for (const auto& variant : context.plan.variants) {
    const auto& experiment = context.study.experiments[variant.experiment];
    const bool is_new = seen.insert(variant.experiment).second;
    for (std::size_t b = 0; is_new && b < experiment.baselines.size(); ++b)
      for (std::size_t r = 0; r < variant.replicates; ++r) {
        StatisticsUnit unit{.type = UnitType::regression,
                            .id = "",
                            .experiment = variant.experiment,
                            .network = first + r,
                            .baseline = b,
                            .cost = regression_cost_per_value * values_in(context)};
        unit.id = "regression," + baseline_variant(context, unit) +
                  replicate_suffix(experiment, static_cast<std::int64_t>(r));
        units.push_back(std::move(unit));
      }
    first += variant.replicates;
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
                       .id = mixture_id(network, k),
                       .experiment = e,
                       .network = n,
                       .components = k,
                       .cost = mixture_cost_per_value * cells * static_cast<double>(k * experiment.starts)});
  }
}

/// One for each variant with mixtures.
void add_consensus(const Context& context, std::vector<StatisticsUnit>& units) {
  std::size_t first = 0;
  for (const auto& variant : context.plan.variants) {
    if (!context.study.experiments[variant.experiment].components.empty())
      units.push_back({.type = UnitType::consensus,
                       .id = "consensus," + variant.id,
                       .experiment = variant.experiment,
                       .network = first,
                       .cost = evaluation_cost_per_value * values_in(context)});
    first += variant.replicates;
  }
}

void compute(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
             Record& record) {
  if (unit.type == UnitType::baseline) return evaluate_baseline(context, unit, record);
  if (unit.type == UnitType::regression) return evaluate_regression(context, unit, record);
  if (unit.type == UnitType::consensus) return find_consensus(context, unit, units, record);
  const auto& network = context.plan.networks[unit.network];
  const auto stored = store::to_network_unit(units.read_awaited(store::UnitKind::network, network.id));
  if (stored.split.size() != context.cells.size())
    throw DataError("unit of network '" + network.id + "': cells of the split " +
                    std::to_string(stored.split.size()) + ", expected " +
                    std::to_string(context.cells.size()));
  if (!stored.result.finite)
    throw NumericError("network " + network.id + " turned non-finite at step " +
                       std::to_string(stored.result.failed_step));
  if (unit.type == UnitType::evaluation) return evaluate_network(context, network, stored, record);
  fit_components(context, unit, stored, record);
}

}  // namespace

bool is_baseline(const StatisticsUnit& unit) {
  return unit.type == UnitType::baseline || unit.type == UnitType::regression;
}

std::string baseline_variant(const Context& context, const StatisticsUnit& unit) {
  const auto& experiment = context.study.experiments[unit.experiment];
  if (unit.type == UnitType::regression)
    return experiment.name + ",baseline=" + experiment.baselines[unit.baseline];
  const auto& counts = experiment.pc_cca[unit.baseline];
  const bool is_varied =
      std::any_of(experiment.vary.begin(), experiment.vary.end(),
                  [](const study::VaryKey& key) { return key.path == "training.latent_dim"; });
  return experiment.name + ",pc_cca=" + std::to_string(counts[0]) + "x" + std::to_string(counts[1]) +
         (is_varied ? ",latent_dim=" + std::to_string(unit.latent_dim) : "");
}

std::vector<StatisticsUnit> list_units(const Context& context) {
  std::vector<StatisticsUnit> units;
  add_evaluations(context, units);
  add_baselines(context, units);
  add_regressions(context, units);
  add_mixtures(context, units);
  add_consensus(context, units);
  return units;
}

std::string mixture_id(const study::Network& network, std::int64_t components) {
  return "mixture," + network.id + ",components=" + std::to_string(components);
}

std::size_t layer_of(UnitType type) {
  return type == UnitType::consensus ? 1 : 0;
}

std::string statistics_version(UnitType type) {
  switch (type) {
    case UnitType::evaluation:
      return "5";
    case UnitType::baseline:
      return "4";
    case UnitType::regression:
      return "1";
    case UnitType::mixture:
      return "4";
    case UnitType::consensus:
      return "2 of " + statistics_version(UnitType::mixture);  // which it reads
  }
  throw Error("a type of statistics that there is not");
}

bool is_of_this_version(const Record& record) {
  const auto version = record.text.find("statistics_version");
  const auto id = record.text.find("id");
  if (version == record.text.end() || id == record.text.end()) return false;
  const auto type = type_of(id->second);
  return type && version->second == statistics_version(*type);
}

bool is_current(const Record& record) {
  return is_of_this_version(record) && failure(record).empty();
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
  record.text["statistics_version"] = statistics_version(unit.type);
  return record;
}

}  // namespace cplae::reduce
