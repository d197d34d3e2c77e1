#include "cplae/study/supervision.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "cplae/study/usable.hpp"

namespace cplae::study {

namespace {

/// Of a column whose classes are unions of types, stray cells aside.
constexpr double least_determination = 0.8;

using Labels = std::vector<std::string>;     ///< [cells]
using Members = std::vector<std::uint32_t>;  ///< places of cells, ascending

/// One way to class the cells, and what is told of it.
struct Level {
  std::string name;                        ///< a column, or "taxonomy"
  std::map<std::string, Members> classes;  ///< by label; of a tree a cell is in many
  std::vector<std::uint8_t> is_known;      ///< [cells] the cell is in some class, be it a rare one
};

using Counts = std::map<std::string, std::size_t>;

std::size_t most_in(const Counts& counts) {
  std::size_t most = 0;
  for (const auto& [label, count] : counts)
    most = std::max(most, count);
  return most;
}

std::size_t sum_of(const Counts& counts) {
  std::size_t sum = 0;
  for (const auto& [label, count] : counts)
    sum += count;
  return sum;
}

/// Goodman and Kruskal's lambda: of the mistakes that one makes who takes each cell's class for the most
/// frequent one, the share that knowing the types does away with. Over the cells that have both and are of no
/// rare type: a type of one cell would determine anything.
double determination(const Labels& types, const Labels& classes) {
  std::map<std::string, Counts> by_type;
  for (std::size_t cell = 0; cell < types.size(); ++cell)
    if (!types[cell].empty() && !classes[cell].empty()) ++by_type[types[cell]][classes[cell]];
  Counts all;
  std::size_t right = 0;
  for (const auto& [type, counts] : by_type) {
    if (std::cmp_less_equal(sum_of(counts), unusable_cells)) continue;
    right += most_in(counts);
    for (const auto& [label, count] : counts)
      all[label] += count;
  }
  const std::size_t cells = sum_of(all);
  const std::size_t without = most_in(all);
  return cells == without ? 0.0 : static_cast<double>(right - without) / static_cast<double>(cells - without);
}

Level level_of_column(const std::string& column, const Labels& labels) {
  Level level{column, {}, std::vector<std::uint8_t>(labels.size(), 0)};
  for (std::uint32_t cell = 0; cell < labels.size(); ++cell) {
    if (labels[cell].empty()) continue;
    level.classes[labels[cell]].push_back(cell);
    level.is_known[cell] = 1;
  }
  return level;
}

/// Each inner node of the tree, with the cells of the types below it.
Level level_of_tree(const data::Taxonomy& taxonomy, const Labels& types) {
  const auto ancestors = taxonomy.ancestors();
  Level level{"taxonomy", {}, std::vector<std::uint8_t>(types.size(), 0)};
  for (std::uint32_t cell = 0; cell < types.size(); ++cell) {
    const auto above = ancestors.find(types[cell]);
    if (above == ancestors.end()) continue;
    level.is_known[cell] = 1;
    for (const auto& node : above->second)
      level.classes[node].push_back(cell);
  }
  return level;
}

/// All that is known of types.
std::vector<Level> levels_of(const Study& study, const data::Dataset& dataset,
                             const std::optional<data::Taxonomy>& taxonomy) {
  const Labels types = stratification_labels(study, dataset);
  std::vector<Level> levels{level_of_column(study.labels.column, types)};
  for (const auto& column : study.labels.also)
    if (const Labels classes = column_labels(dataset, column);
        determination(types, classes) >= least_determination)
      levels.push_back(level_of_column(column, classes));
  if (taxonomy) levels.push_back(level_of_tree(*taxonomy, types));
  return levels;
}

/// Leaves out what says nothing, or nothing new: classes of few cells, then those of all cells that are left,
/// or of the same cells as an earlier one.
void keep_telling(std::vector<Level>& levels) {
  std::set<std::uint32_t> all;
  for (auto& level : levels) {
    std::erase_if(level.classes,
                  [](const auto& entry) { return std::cmp_less_equal(entry.second.size(), unusable_cells); });
    for (const auto& [label, members] : level.classes)
      all.insert(members.begin(), members.end());
  }
  std::set<Members> seen{{all.begin(), all.end()}};
  for (auto& level : levels)
    std::erase_if(level.classes, [&](const auto& entry) { return !seen.insert(entry.second).second; });
}

/// What makes the mean of the features' population variances 1, over `cells` cells.
float factor_of(const std::vector<Level>& levels, std::size_t cells) {
  double variance = 0;
  std::size_t features = 0;
  for (const auto& level : levels)
    for (const auto& [label, members] : level.classes) {
      const double share = static_cast<double>(members.size()) / static_cast<double>(cells);
      variance += share * (1 - share);
      ++features;
    }
  return static_cast<float>(std::sqrt(static_cast<double>(features) / variance));
}

void add_features(const Level& level, data::Modality& types) {
  for (const auto& [label, members] : level.classes) {
    auto column = types.values.col(static_cast<Eigen::Index>(types.features.size()));
    types.features.push_back(level.name + "=" + label);
    for (std::size_t cell = 0; cell < level.is_known.size(); ++cell)
      if (level.is_known[cell] == 0)
        column(static_cast<Eigen::Index>(cell)) = std::numeric_limits<float>::quiet_NaN();
    for (const std::uint32_t cell : members) {
      column(cell) = 1;
      types.present[cell] = 1;
    }
  }
}

}  // namespace

bool has_supervision(const Study& study, const Plan& plan) {
  return !study.labels.column.empty() &&
         std::any_of(plan.variants.begin(), plan.variants.end(),
                     [](const Variant& variant) { return is_supervised(variant.spec); });
}

std::optional<data::Modality> types_of(const Study& study, const data::Dataset& dataset,
                                       const std::optional<data::Taxonomy>& taxonomy) {
  auto levels = levels_of(study, dataset, taxonomy);
  keep_telling(levels);
  std::size_t features = 0;
  for (const auto& level : levels)
    features += level.classes.size();
  if (features < 2) return std::nullopt;
  const std::size_t cells = dataset.cells.size();
  data::Modality types{.name = types_name, .features = {}, .values = {}, .present = {}};
  types.values.setZero(static_cast<Eigen::Index>(cells), static_cast<Eigen::Index>(features));
  types.present.assign(cells, 0);
  for (const auto& level : levels)
    add_features(level, types);
  types.values *= factor_of(levels, data::present_cells(types).size());
  for (std::size_t cell = 0; cell < cells; ++cell)
    if (types.present[cell] == 0)
      types.values.row(static_cast<Eigen::Index>(cell)).setConstant(std::numeric_limits<float>::quiet_NaN());
  return types;
}

bool is_supervised(const NetworkSpec& spec) {
  // Uncoupled it would teach nobody.
  return spec.training.supervision > 0 && spec.coupling.lambda > 0;
}

NetworkSpec taught(const NetworkSpec& spec, const StudyData& data) {
  NetworkSpec trained = spec;
  trained.training.supervision = 0;
  if (!is_supervised(spec) || !data.types) return trained;
  // The latents of so few types fill fewer dimensions than there are, and the coupling would flatten the
  // others.
  if (static_cast<std::int64_t>(data.types->features.size()) < spec.training.latent_dim) return trained;
  // Types of single cells are no more certain than measurements: part of them is hidden, as of these.
  trained.modalities.push_back({.name = types_name,
                                .hidden = spec.modalities.back().hidden,
                                .dropout = 0.3,
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
