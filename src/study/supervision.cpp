#include "cplae/study/supervision.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

namespace cplae::study {

namespace {

/// As of classes that count (docs/statistics.md).
constexpr std::size_t most_cells_of_a_rare_type = 10;

/// Of a column whose classes are unions of types, stray cells aside.
constexpr double least_determination = 0.8;

using Labels = std::vector<std::string>;        ///< [cells]
using Members = std::vector<std::uint8_t>;      ///< [cells] 1 = is of it
using Groups = std::map<std::string, Members>;  ///< by name

std::size_t size_of(const Members& members) {
  return static_cast<std::size_t>(std::count(members.begin(), members.end(), std::uint8_t{1}));
}

std::size_t most_in(const std::map<std::string, std::size_t>& counts) {
  std::size_t most = 0;
  for (const auto& [label, count] : counts)
    most = std::max(most, count);
  return most;
}

/// Goodman and Kruskal's lambda: of the mistakes that one makes who takes each cell's class for the most
/// frequent one, the share that knowing the types does away with. Over the cells that have both.
double determination(const Labels& types, const Labels& classes) {
  std::map<std::string, std::size_t> all;
  std::map<std::string, std::map<std::string, std::size_t>> by_type;
  std::size_t cells = 0;
  for (std::size_t cell = 0; cell < types.size(); ++cell) {
    if (types[cell].empty() || classes[cell].empty()) continue;
    ++cells;
    ++all[classes[cell]];
    ++by_type[types[cell]][classes[cell]];
  }
  std::size_t right = 0;
  for (const auto& [type, counts] : by_type)
    right += most_in(counts);
  const std::size_t without = most_in(all);
  return cells == without ? 0.0 : static_cast<double>(right - without) / static_cast<double>(cells - without);
}

void add(Groups& groups, const std::string& name, std::size_t cell, std::size_t cells) {
  groups.try_emplace(name, cells, std::uint8_t{0}).first->second[cell] = 1;
}

void add_column(Groups& groups, const std::string& column, const Labels& labels) {
  for (std::size_t cell = 0; cell < labels.size(); ++cell)
    if (!labels[cell].empty()) add(groups, column + "=" + labels[cell], cell, labels.size());
}

/// Each inner node of the tree, with the cells of the types below it.
void add_nodes(Groups& groups, const data::Taxonomy& taxonomy, const Labels& types) {
  std::map<std::string, std::string> parent;
  for (const auto& node : taxonomy.nodes())
    parent.emplace(node.label, node.parent);
  for (std::size_t cell = 0; cell < types.size(); ++cell)
    for (auto at = parent.find(types[cell]); at != parent.end(); at = parent.find(at->second))
      if (!at->second.empty()) add(groups, "taxonomy=" + at->second, cell, types.size());
}

/// All that is told of types, level by level.
Groups groups_of(const Study& study, const data::Dataset& dataset,
                 const std::optional<data::Taxonomy>& taxonomy) {
  const Labels types = stratification_labels(study, dataset);
  Groups groups;
  add_column(groups, study.labels.column, types);
  for (const auto& column : study.labels.also)
    if (const Labels classes = column_labels(dataset, column);
        determination(types, classes) >= least_determination)
      add_column(groups, column, classes);
  if (taxonomy) add_nodes(groups, *taxonomy, types);
  return groups;
}

/// Without those that say nothing, or nothing new: of few cells, of all that have any label, of the same
/// cells as an earlier one.
Groups telling(Groups groups) {
  Members labelled;
  for (const auto& [name, members] : groups) {
    labelled.resize(members.size(), 0);
    for (std::size_t cell = 0; cell < members.size(); ++cell)
      labelled[cell] |= members[cell];
  }
  std::set<Members> seen{labelled};
  std::erase_if(groups, [&](const auto& entry) {
    return size_of(entry.second) <= most_cells_of_a_rare_type || !seen.insert(entry.second).second;
  });
  return groups;
}

/// Divides by the root of the features' mean population variance over the cells that are there.
void scale(data::Modality& types) {
  const MatrixD values = types.values(present_cells(types), Eigen::all).cast<double>();
  const Eigen::ArrayXd means = values.colwise().mean();
  const double variance = (means * (1 - means)).mean();  // of zeros and ones
  types.values /= static_cast<float>(std::sqrt(variance));
}

}  // namespace

bool has_supervision(const Study& study, const Plan& plan) {
  return !study.labels.column.empty() &&
         std::any_of(plan.variants.begin(), plan.variants.end(),
                     [](const Variant& variant) { return variant.spec.training.supervision > 0; });
}

std::optional<data::Modality> types_of(const Study& study, const data::Dataset& dataset,
                                       const std::optional<data::Taxonomy>& taxonomy) {
  const Groups groups = telling(groups_of(study, dataset, taxonomy));
  if (groups.size() < 2) return std::nullopt;
  const std::size_t cells = dataset.cells.size();
  data::Modality types{.name = types_name, .features = {}, .values = {}, .present = {}};
  types.values.setZero(static_cast<Eigen::Index>(cells), static_cast<Eigen::Index>(groups.size()));
  types.present.assign(cells, 0);
  for (const auto& [name, members] : groups) {
    const auto column = static_cast<Eigen::Index>(types.features.size());
    types.features.push_back(name);
    for (std::size_t cell = 0; cell < cells; ++cell) {
      if (members[cell] == 0) continue;
      types.values(static_cast<Eigen::Index>(cell), column) = 1;
      types.present[cell] = 1;
    }
  }
  scale(types);
  for (std::size_t cell = 0; cell < cells; ++cell)
    if (types.present[cell] == 0)
      types.values.row(static_cast<Eigen::Index>(cell)).setConstant(std::numeric_limits<float>::quiet_NaN());
  return types;
}

NetworkSpec taught(const NetworkSpec& spec, const StudyData& data) {
  NetworkSpec trained = spec;
  trained.training.supervision = 0;
  // Uncoupled it would teach nobody.
  if (spec.training.supervision <= 0 || spec.coupling.lambda <= 0 || !data.types) return trained;
  // Types of single cells are no more certain than measurements: as electrophysiology in the recipes.
  trained.modalities.push_back({.name = types_name,
                                .hidden = spec.modalities.back().hidden,
                                .dropout = 0.3,
                                .noise_sd = 0.5,
                                .output_bias = OutputBias::mean,
                                .alpha = spec.training.supervision});
  return trained;
}

bool is_taught(const NetworkSpec& spec) {
  return !spec.modalities.empty() && spec.modalities.back().name == types_name;
}

NetworkSpec measured(NetworkSpec spec) {
  if (is_taught(spec)) spec.modalities.pop_back();
  return spec;
}

}  // namespace cplae::study
