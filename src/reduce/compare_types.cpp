#include <algorithm>
#include <map>

#include "cplae/core/error.hpp"
#include "cplae/stats/classify.hpp"
#include "cplae/stats/r2.hpp"
#include "held_out.hpp"
#include "parts.hpp"
#include "type_rows.hpp"

namespace cplae::reduce {

namespace {

/// Features that a modality's own latents do not tell are not expected of another's (Gala et al. 2021).
constexpr double least_r2_within = 0.25;

/// The types of more cells than a few, in the order of the tree; those that it lacks last, by name.
struct Types {
  std::vector<std::string> names;
  std::vector<std::size_t> of_cell;  ///< [cells]; the number of types: none of them
};

Types usable_types(const Context& context) {
  std::map<std::string, std::size_t> sizes;
  for (const auto& label : context.labels)
    if (!label.empty()) ++sizes[label];
  std::erase_if(sizes, [](const auto& entry) { return entry.second < stats::ClassRules{}.least_cells; });
  Types types;
  if (context.taxonomy)
    for (const auto& leaf : context.taxonomy->leaves())
      if (sizes.erase(leaf) > 0) types.names.push_back(leaf);
  for (const auto& [label, size] : sizes)
    types.names.push_back(label);
  for (const auto& label : context.labels)
    types.of_cell.push_back(static_cast<std::size_t>(
        std::find(types.names.begin(), types.names.end(), label) - types.names.begin()));
  return types;
}

/// Features of a modality, and how they were chosen.
struct Chosen {
  std::vector<Eigen::Index> features;
  std::string how;
};

/// The networks that the others are compared with, as a unit of types.
StatisticsUnit reference_networks(const Context& context, std::size_t experiment) {
  const std::string reference = study::reference_of(context.study, context.plan, experiment);
  const auto& networks = context.plan.networks;
  const auto first = std::find_if(networks.begin(), networks.end(), [&](const study::Network& network) {
    return study::is_of(context.plan.variants[network.variant.index()], reference);
  });
  if (first == networks.end()) throw Error("no network of the reference " + reference);
  return {.type = UnitType::types,
          .id = "types," + reference,
          .experiment = experiment,
          .network = static_cast<std::size_t>(first - networks.begin()),
          .pooled = UnitType::evaluation};
}

/// The same features for all variants and baselines of an experiment, since correlations over different ones
/// cannot be compared: by R2 over all held-out cells of the reference variant.
Chosen predicted_within(const Context& context, std::size_t experiment, std::size_t m,
                        const store::UnitStore& units) {
  const auto& modality = context.data.modalities[m];
  std::vector<Eigen::Index> cells;
  std::vector<MatrixF> parts;
  visit_held_out(
      context, reference_networks(context, experiment), units,
      {.wants = [&](const Direction& direction) { return direction.from == m && direction.to == m; },
       .see =
           [&](const HeldOut& fold) {
             cells.insert(cells.end(), fold.cells.begin(), fold.cells.end());
             parts.push_back(fold.predicted);
           }});
  MatrixF predicted(static_cast<Eigen::Index>(cells.size()), modality.values.cols());
  Eigen::Index row = 0;
  for (const MatrixF& part : parts) {
    predicted.middleRows(row, part.rows()) = part;
    row += part.rows();
  }
  const auto r2 = stats::r2_per_feature(modality.values(cells, Eigen::all), predicted);
  Chosen chosen{{}, "r2"};
  for (std::size_t feature = 0; feature < r2.size(); ++feature)
    if (r2[feature] > least_r2_within) chosen.features.push_back(static_cast<Eigen::Index>(feature));
  return chosen;
}

std::vector<Chosen> chosen_features(const Context& context, std::size_t experiment,
                                    const store::UnitStore& units) {
  std::vector<Chosen> all;
  for (std::size_t m = 0; m < context.data.modalities.size(); ++m) {
    if (context.panels[m].features.empty()) {
      all.push_back(predicted_within(context, experiment, m, units));
      continue;
    }
    Chosen chosen{{}, "panel"};
    for (const std::size_t feature : context.panels[m].features)
      chosen.features.push_back(static_cast<Eigen::Index>(feature));
    all.push_back(std::move(chosen));
  }
  return all;
}

/// Means of types while the folds of a variant are looked at, in every direction that it has.
class TypesOfVariant {
public:
  TypesOfVariant(const Context& context, std::vector<Chosen> chosen)
      : context_(context), types_(usable_types(context)), chosen_(std::move(chosen)) {}

  [[nodiscard]] bool wants(const Direction& direction) const {
    return chosen_[direction.to].features.size() >= study::least_panel;
  }

  void see(const HeldOut& fold) {
    const auto& features = chosen_[fold.direction.to].features;
    ++folds_[{fold.direction.from, fold.direction.to}];
    const auto [found, is_new] =
        sums_.try_emplace({fold.direction.from, fold.direction.to}, types_.names.size(),
                          static_cast<Eigen::Index>(features.size()));
    std::vector<std::size_t> types;
    for (const Eigen::Index cell : fold.cells)
      types.push_back(types_.of_cell[static_cast<std::size_t>(cell)]);
    const MatrixF measured = context_.data.modalities[fold.direction.to].values(fold.cells, features);
    const MatrixF decoded = fold.predicted(Eigen::all, features);
    found->second.add({measured, decoded, types});
  }

  void write(Record& record) const {
    TypeRows rows;
    for (const auto& [direction, sums] : sums_) {
      const auto& to = context_.data.modalities[direction.second];
      NamedTypeMeans named{.from = context_.data.modalities[direction.first].name,
                           .to = to.name,
                           .chosen = chosen_[direction.second].how,
                           .folds = folds_.at(direction),
                           .types = types_.names,
                           .features = {},
                           .means = sums.means()};
      for (const Eigen::Index feature : chosen_[direction.second].features)
        named.features.push_back(to.features[static_cast<std::size_t>(feature)]);
      rows.add(named);
    }
    put(record, "typewise", rows.take_means());
    put(record, "type_correlations", rows.take_correlations());
  }

private:
  const Context& context_;
  Types types_;
  std::vector<Chosen> chosen_;                                           ///< [modality]
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> folds_;     ///< with a prediction, by direction
  std::map<std::pair<std::size_t, std::size_t>, stats::TypeSums> sums_;  ///< by direction
};

}  // namespace

void compare_types(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                   Record& record) {
  TypesOfVariant types(context, chosen_features(context, unit.experiment, units));
  const std::size_t folds =
      visit_held_out(context, unit, units,
                     {.wants = [&](const Direction& direction) { return types.wants(direction); },
                      .see = [&](const HeldOut& fold) { types.see(fold); }});
  if (folds == 0) throw NumericError("no fold of the variant has a result");
  types.write(record);
}

}  // namespace cplae::reduce
