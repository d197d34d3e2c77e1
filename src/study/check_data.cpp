#include <algorithm>
#include <map>
#include <set>

#include "check_study.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"
#include "cplae/study/panels.hpp"
#include "cplae/study/usable.hpp"
#include "fields.hpp"
#include "splits.hpp"

namespace cplae::study {

namespace {

using Modalities = std::vector<const data::Modality*>;

/// What the variants of one experiment ask of its splits.
struct Demands {
  bool coupled = false;         ///< some variant has lambda > 0
  std::int64_t latent_dim = 1;  ///< the largest
};

std::vector<Demands> demands_of(const Study& study, const Plan& plan) {
  std::vector<Demands> demands(study.experiments.size());
  for (const auto& variant : plan.variants) {
    Demands& demand = demands.at(variant.experiment);
    demand.coupled = demand.coupled || variant.spec.coupling.lambda > 0;
    demand.latent_dim = std::max(demand.latent_dim, variant.spec.training.latent_dim);
  }
  return demands;
}

std::map<std::string, std::int64_t> class_sizes(const std::vector<std::string>& labels) {
  std::map<std::string, std::int64_t> sizes;
  for (const auto& label : labels)
    if (!label.empty()) ++sizes[label];
  return sizes;
}

std::vector<std::string> text_of(const std::vector<std::string>& labels) {
  std::set<std::string> known(labels.begin(), labels.end());
  return {known.begin(), known.end()};
}

/// A label is a class's name in tables, messages and figures.
void check_texts(const data::Dataset& dataset, const std::string& column,
                 const std::vector<std::string>& labels) {
  for (std::size_t cell = 0; cell < labels.size(); ++cell) {
    const std::string& label = labels[cell];
    if (is_utf8(label) && one_line(label) == label) continue;
    throw DataError(
        "obs column " + column + ", cell " + dataset.cells.at(cell) + ": found " +
        (is_utf8(label) ? quoted(one_line(label)) + " with control characters" : "no UTF-8 text") +
        ", expected a label on one line");
  }
}

/// A table that a study names and that is not there is a mistake of the study's, not a failure of the disk.
std::optional<data::Taxonomy> readable_taxonomy(const Study& study, const data::Dataset& dataset) {
  try {
    return taxonomy_of(study, dataset);
  } catch (const IoError& error) {
    throw UsageError("labels.taxonomy: found " + quoted(study.labels.taxonomy) +
                     ", expected a table: " + error.what());
  }
}

/// A label that the taxonomy lacks cannot be merged. One of a usable class is a mistake of the file; a few
/// stray cells of a type from elsewhere are common in real tables: they are named, and count as unlabelled
/// where the tree is cut.
void check_leaves(const Study& study, const data::Dataset& dataset, const std::vector<std::string>& labels) {
  const auto taxonomy = readable_taxonomy(study, dataset);
  if (!taxonomy) return;
  std::vector<std::string> leaves;
  for (const auto& node : taxonomy->nodes())
    if (node.is_leaf) leaves.push_back(node.label);
  for (const auto& label : text_of(labels)) {
    if (label.empty() || taxonomy->has_leaf(label)) continue;
    const auto cells = std::count(labels.begin(), labels.end(), label);
    if (cells <= unusable_cells) {
      log::shared_warning("obs column " + study.labels.column + ": " + quoted(label) + " (" +
                          std::to_string(cells) +
                          " cells) is no leaf of the taxonomy: unlabelled at its merged resolutions");
      continue;
    }
    const auto cell = std::find(labels.begin(), labels.end(), label) - labels.begin();
    const auto near = nearest(label, leaves);
    throw DataError("obs column " + study.labels.column + ", cell " +
                    dataset.cells.at(static_cast<std::size_t>(cell)) + ": found " + quoted(label) +
                    ", expected a leaf of the taxonomy" + (near ? "; nearest is " + quoted(*near) : ""));
  }
}

void check_also(const data::Dataset& dataset, const std::string& column) {
  try {
    static_cast<void>(dataset.column(column));
  } catch (const DataError& error) {
    throw DataError(std::string("labels.also: ") + error.what());
  }
  check_texts(dataset, column, column_labels(dataset, column));
}

/// Tables call the first column's merged classes "<column> <n>".
void check_no_resolution(const Study& study, const std::string& column) {
  for (const auto& experiment : study.experiments)
    for (const std::int64_t classes : experiment.classes)
      if (column == study.labels.column + " " + std::to_string(classes))
        refuse({"", "labels.also",
                "found " + quoted(column) + ", which is what " + study.labels.column + " at " +
                    std::to_string(classes) + " classes is called (experiment." + experiment.name +
                    ".classes), expected a column of another name"});
}

/// Columns that can be predicted from anything, or from nothing, are mostly slips: a batch, an identifier.
void warn_of_classes(const Study& study, const std::vector<std::string>& labels) {
  const auto counts = class_sizes(labels);
  const auto usable = std::count_if(counts.begin(), counts.end(),
                                    [](const auto& entry) { return entry.second > unusable_cells; });
  if (usable >= 2) return;
  const std::string column = "obs column " + study.labels.column + ": ";
  if (counts.size() == 1)
    log::shared_warning(column + "every labelled cell is " + quoted(counts.begin()->first) +
                        ": types told from latents are always right, which says nothing");
  else
    log::shared_warning(column + std::to_string(usable) + " of its " + std::to_string(counts.size()) +
                        " classes have more than " + std::to_string(unusable_cells) +
                        " cells, fewer than the two that types can be told by (is it the right column?)");
}

/// Allowed, and asked for by fixed recipes; but who only shortens a study wants to know.
void warn_of_last_networks(const Plan& plan) {
  for (const auto& variant : plan.variants) {
    const TrainingSpec& training = variant.spec.training;
    if (training.keep_best_after <= training.steps || training.keep_best_after == always_last) continue;
    log::shared_warning("training.keep_best_after = " + std::to_string(training.keep_best_after) +
                        " exceeds training.steps = " + std::to_string(training.steps) +
                        ": the last network is kept, not the best one on the held-out cells");
    return;
  }
}

void check_labels(const Study& study, const data::Dataset& dataset, const std::vector<std::string>& labels) {
  if (study.labels.column.empty()) return;
  const bool any =
      std::any_of(labels.begin(), labels.end(), [](const std::string& label) { return !label.empty(); });
  if (!any) throw DataError("obs column " + study.labels.column + ": found no label, expected some");
  check_texts(dataset, study.labels.column, labels);
  for (const auto& column : study.labels.also) {
    check_also(dataset, column);
    check_no_resolution(study, column);
  }
  warn_of_classes(study, labels);
  check_leaves(study, dataset, labels);
}

void check_folds(const ExperimentSpec& experiment, const std::vector<std::string>& labels) {
  if (experiment.kind != ExperimentKind::kfold) return;
  const std::string path = "experiment." + experiment.name;
  const auto cells = static_cast<std::int64_t>(labels.size());
  const std::string found = "found " + std::to_string(experiment.folds) + ", expected at most ";
  if (experiment.folds > cells)
    refuse({"", path + ".folds", found + "the " + std::to_string(cells) + " cells of the data"});
  if (experiment.rare_classes == RareClasses::spread) return;
  auto counts = class_sizes(labels);
  std::erase_if(counts, [](const auto& entry) { return entry.second <= unusable_cells; });
  const auto smallest = std::min_element(counts.begin(), counts.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
  if (smallest != counts.end() && experiment.folds > smallest->second)
    refuse({"", path + ".folds",
            found + "the " + std::to_string(smallest->second) + " cells of " + quoted(smallest->first) +
                ", the smallest usable class; " + path +
                ".rare_classes = \"spread\" allows folds without it"});
}

/// Cells of a split that have all of some modalities.
struct Counts {
  std::int64_t train = 0;
  std::int64_t held_out = 0;
};

Counts count_cells(const data::Split& split, const Modalities& modalities) {
  Counts counts;
  for (std::size_t cell = 0; cell < split.size(); ++cell) {
    const bool present = std::all_of(modalities.begin(), modalities.end(),
                                     [&](const data::Modality* m) { return m->present.at(cell) != 0; });
    if (present) ++(split[cell] == data::Role::train ? counts.train : counts.held_out);
  }
  return counts;
}

/// A split, as messages call it.
struct NamedSplit {
  const ExperimentSpec& experiment;
  const data::Split& split;
  std::string name;  ///< "experiment.cross_validation: fold 3"
};

void check_presence(const NamedSplit& named, const Modalities& modalities) {
  for (const auto* modality : modalities) {
    const Counts counts = count_cells(named.split, {modality});
    if (counts.train < 2 || counts.held_out < 1)
      throw DataError(named.name + " leaves " + std::to_string(counts.train) + " training and " +
                      std::to_string(counts.held_out) + " held-out cells of modality " + modality->name +
                      ", expected at least 2 and 1");
  }
}

void check_pairs(const NamedSplit& named, const Modalities& modalities, const Demands& demands) {
  if (!demands.coupled) return;
  const std::int64_t least = demands.latent_dim + 2;
  for (std::size_t i = 0; i < modalities.size(); ++i)
    for (std::size_t j = i + 1; j < modalities.size(); ++j) {
      const Counts counts = count_cells(named.split, {modalities[i], modalities[j]});
      if (counts.train < least)
        throw DataError(named.name + " leaves " + std::to_string(counts.train) +
                        " training cells that have both " + modalities[i]->name + " and " +
                        modalities[j]->name +
                        ", expected at least latent_dim + 2 = " + std::to_string(least) + " to couple them");
    }
}

void check_mixtures(const NamedSplit& named, const Modalities& modalities) {
  if (named.experiment.components.empty()) return;
  const std::int64_t train = count_cells(named.split, {modalities.front()}).train;
  if (named.experiment.components.back() > train)
    refuse({"", "experiment." + named.experiment.name + ".components",
            "found " + std::to_string(named.experiment.components.back()) + ", expected at most the " +
                std::to_string(train) + " training cells of modality " + modalities.front()->name});
}

void check_baselines(const NamedSplit& named, const Modalities& modalities) {
  if (named.experiment.pc_cca.empty()) return;
  const std::string path = "experiment." + named.experiment.name + ".pc_cca";
  const std::int64_t train = count_cells(named.split, {modalities[0], modalities[1]}).train;
  for (const auto& pair : named.experiment.pc_cca) {
    if (pair[0] + pair[1] >= train)
      refuse({"", path,
              "found " + std::to_string(pair[0]) + " + " + std::to_string(pair[1]) +
                  " components, expected fewer in all than the " + std::to_string(train) +
                  " training cells that have both modalities in " + named.name});
    for (std::size_t m = 0; m < 2; ++m) {
      const auto features = static_cast<std::int64_t>(modalities[m]->features.size());
      const std::string found =
          "found " + std::to_string(pair[m]) + " components of modality " + modalities[m]->name;
      if (pair[m] > features)
        refuse({"", path, found + ", expected at most its " + std::to_string(features) + " features"});
      if (pair[m] >= train)
        refuse({"", path,
                found + ", expected fewer than the " + std::to_string(train) + " training cells of " +
                    named.name});
    }
  }
}

void check_splits(const Study& study, std::size_t index, const Modalities& modalities, const Demands& demands,
                  const std::vector<std::string>& labels) {
  const ExperimentSpec& experiment = study.experiments[index];
  const auto splits = splits_of(study, experiment, labels);
  for (std::size_t s = 0; s < splits.size(); ++s) {
    const bool folded = experiment.kind == ExperimentKind::kfold;
    const std::string name = "experiment." + experiment.name + ": " +
                             (folded ? "fold " + std::to_string(s) : std::string("the split"));
    const NamedSplit named{experiment, splits[s], name};
    check_presence(named, modalities);
    check_pairs(named, modalities, demands);
    check_mixtures(named, modalities);
    check_baselines(named, modalities);
  }
}

/// Whether cells of every pair can be coupled at all, before any split is made: the plainer message.
void check_shared_cells(const Modalities& modalities) {
  for (std::size_t i = 0; i < modalities.size(); ++i)
    for (std::size_t j = i + 1; j < modalities.size(); ++j) {
      const data::Split all(modalities[i]->present.size(), data::Role::train);
      if (count_cells(all, {modalities[i], modalities[j]}).train == 0)
        throw DataError(
            "modalities " + modalities[i]->name + " and " + modalities[j]->name +
            ": found no cell that has both, expected some to couple them (or coupling.lambda = 0)");
    }
}

}  // namespace

void check_against(const Study& study, const data::Dataset& dataset) {
  const Plan plan = check_study(study);
  Modalities modalities;
  for (const auto& spec : study.base.modalities)
    modalities.push_back(&dataset.modality(spec.name));
  const auto labels = stratification_labels(study, dataset);
  check_labels(study, dataset, labels);
  check_panels(study, dataset);
  warn_of_last_networks(plan);
  const auto demands = demands_of(study, plan);
  if (std::any_of(demands.begin(), demands.end(), [](const Demands& d) { return d.coupled; }))
    check_shared_cells(modalities);
  for (std::size_t e = 0; e < study.experiments.size(); ++e) {
    check_folds(study.experiments[e], labels);
    check_splits(study, e, modalities, demands[e], labels);
  }
  // Counts that cannot be transformed are found here, not after the run folder is made.
  for (const auto& spec : study.base.modalities)
    if (spec.transform == data::Transform::log_cpm) {
      data::Modality copy = dataset.modality(spec.name);
      static_cast<void>(data::apply_transform(spec.transform, copy, dataset.cells));
    }
}

}  // namespace cplae::study
