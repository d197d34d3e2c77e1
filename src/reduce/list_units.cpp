#include <algorithm>
#include <set>
#include <utility>

#include "parts.hpp"
#include "subsets.hpp"

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
/// Held-out cells of all folds are decoded once, and once more where features are chosen by R2.
constexpr double types_cost_per_value = 3.0;
/// Each member decodes its held-out cells.
constexpr double average_cost_per_value = 1.0;
/// Each network decodes its held-out cells; the ranks of all their entries are sorted once.
constexpr double ensemble_cost_per_value = 2.0;

/// Held-out cells of all folds are read twice.
constexpr double calibration_cost_per_value = 0.5;

double values_in(const Context& context) {
  double values = 0;
  for (const auto& modality : context.data.modalities)
    values += static_cast<double>(modality.values.size());
  return values;
}

/// The same where every direction is looked at, from several modalities too: times the directions for each
/// one between two modalities.
double values_of_all_directions(const Context& context) {
  const std::size_t modalities = context.study.base.modalities.size();
  std::size_t directions = 0;
  for (const Subset& from : all_sources(modalities))
    directions += from.size() == 1 ? modalities : modalities - from.size();
  return values_in(context) * static_cast<double>(directions) / static_cast<double>(modalities * modalities);
}

std::string replicate_suffix(const study::ExperimentSpec& experiment, std::int64_t replicate) {
  return (experiment.kind == study::ExperimentKind::kfold ? ",fold=" : ",init=") + std::to_string(replicate);
}

void add_evaluations(const Context& context, std::vector<StatisticsUnit>& units) {
  const double cost = evaluation_cost_per_value * values_of_all_directions(context);
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
                            .cost = regression_cost_per_value * values_of_all_directions(context)};
        unit.id = "regression," + baseline_variant(context, unit) +
                  replicate_suffix(experiment, static_cast<std::int64_t>(r));
        units.push_back(std::move(unit));
      }
    first += variant.replicates;
  }
}

/// One for each fold of each ensemble, named by its first member's network.
void add_averages(const Context& context, std::vector<StatisticsUnit>& units) {
  std::set<std::string> seen;
  std::size_t first = 0;
  for (const auto& variant : context.plan.variants) {
    const auto& experiment = context.study.experiments[variant.experiment];
    const bool is_new = !variant.ensemble.empty() && seen.insert(variant.ensemble).second;
    for (std::size_t r = 0; is_new && r < variant.replicates; ++r)
      units.push_back(
          {.type = UnitType::average,
           .id = "average," + variant.ensemble + replicate_suffix(experiment, static_cast<std::int64_t>(r)),
           .experiment = variant.experiment,
           .network = first + r,
           .cost = average_cost_per_value * values_of_all_directions(context) *
                   static_cast<double>(experiment.members)});
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

/// One for each variant of a cross-validation, and for each baseline of it, among the units so far; members
/// of an ensemble are looked at together.
void add_types(const Context& context, std::vector<StatisticsUnit>& units) {
  if (context.study.labels.column.empty()) return;
  const double cost = types_cost_per_value * values_in(context);
  std::vector<StatisticsUnit> added;
  for (const StatisticsUnit& one : units) {
    const bool is_of_networks = one.type == UnitType::evaluation;
    const auto& network = context.plan.networks[one.network];
    const auto& variant = context.plan.variants[network.variant.index()];
    if ((!is_of_networks && !is_baseline(one)) || network.replicate != 0) continue;
    if (context.study.experiments[one.experiment].kind != study::ExperimentKind::kfold) continue;
    if (is_of_networks && !variant.ensemble.empty()) continue;
    added.push_back({.type = UnitType::types,
                     .id = "types," + (is_of_networks ? variant.id : baseline_variant(context, one)),
                     .experiment = one.experiment,
                     .network = one.network,
                     .baseline = one.baseline,
                     .latent_dim = one.latent_dim,
                     .pooled = one.type,
                     .cost = cost});
  }
  units.insert(units.end(), added.begin(), added.end());
}

/// One for each variant of so many networks on one split.
void add_ensembles(const Context& context, std::vector<StatisticsUnit>& units) {
  std::size_t first = 0;
  for (const auto& variant : context.plan.variants) {
    const auto& experiment = context.study.experiments[variant.experiment];
    if (experiment.kind != study::ExperimentKind::kfold && variant.replicates >= least_members)
      units.push_back({.type = UnitType::ensemble,
                       .id = "ensemble," + variant.id,
                       .experiment = variant.experiment,
                       .network = first,
                       .cost = ensemble_cost_per_value * values_of_all_directions(context) *
                               static_cast<double>(variant.replicates)});
    first += variant.replicates;
  }
}

/// One for each ensemble of a cross-validation, among the units so far.
void add_calibrations(const Context& context, std::vector<StatisticsUnit>& units) {
  std::vector<StatisticsUnit> added;
  for (const StatisticsUnit& one : units) {
    if (one.type != UnitType::average || context.plan.networks[one.network].replicate != 0) continue;
    added.push_back({.type = UnitType::calibration,
                     .id = "calibration," + baseline_variant(context, one),
                     .experiment = one.experiment,
                     .network = one.network,
                     .pooled = UnitType::average,
                     .cost = calibration_cost_per_value * values_of_all_directions(context)});
  }
  units.insert(units.end(), added.begin(), added.end());
}

/// Whose predictions a unit is of: its own type's, or those that it pools.
UnitType predictor_type(const StatisticsUnit& unit) {
  const bool pools = unit.type == UnitType::types || unit.type == UnitType::calibration;
  return pools ? unit.pooled : unit.type;
}

}  // namespace

bool is_average(const StatisticsUnit& unit) {
  return predictor_type(unit) == UnitType::average;
}

bool is_baseline(const StatisticsUnit& unit) {
  const UnitType type = predictor_type(unit);
  return type == UnitType::baseline || type == UnitType::regression || type == UnitType::average;
}

std::string fold_id(const Context& context, const StatisticsUnit& unit, std::int64_t replicate) {
  const std::string type = unit.pooled == UnitType::baseline  ? "baseline,"
                           : unit.pooled == UnitType::average ? "average,"
                                                              : "regression,";
  return type + baseline_variant(context, unit) +
         replicate_suffix(context.study.experiments[unit.experiment], replicate);
}

std::string baseline_variant(const Context& context, const StatisticsUnit& unit) {
  const auto& experiment = context.study.experiments[unit.experiment];
  if (is_average(unit))
    return context.plan.variants[context.plan.networks[unit.network].variant.index()].ensemble;
  if (unit.type == UnitType::regression || unit.pooled == UnitType::regression)
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
  add_averages(context, units);
  add_mixtures(context, units);
  add_consensus(context, units);
  add_types(context, units);
  add_ensembles(context, units);
  add_calibrations(context, units);
  return units;
}

}  // namespace cplae::reduce
