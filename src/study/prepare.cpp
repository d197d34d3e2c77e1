#include <algorithm>
#include <filesystem>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/read.hpp"
#include "cplae/study/networks.hpp"
#include "splits.hpp"

namespace cplae::study {

namespace {

NetworkKey split_key(const Study& study, const ExperimentSpec& experiment) {
  return make_key(study.seed, "split:" + (experiment.split.empty() ? experiment.name : experiment.split));
}

data::Split held_out_split(const Study& study, const ExperimentSpec& experiment,
                           const std::vector<std::string>& labels) {
  try {
    return data::holdout_split(labels, experiment.test_fraction, split_key(study, experiment));
  } catch (const UsageError& error) {
    throw UsageError("experiment." + experiment.name + "." + error.what());
  }
}

/// Of whom nothing was measured there is nothing to learn: as a row of zeros it would be learnt from.
void leave_out_without_values(data::Modality& modality) {
  std::size_t left_out = 0;
  for (std::size_t cell = 0; cell < modality.present.size(); ++cell) {
    if (modality.present[cell] == 0 ||
        !modality.values.row(static_cast<Eigen::Index>(cell)).array().isNaN().all())
      continue;
    modality.present[cell] = 0;
    ++left_out;
  }
  if (left_out > 0)
    log::shared_warning("modality " + modality.name + ": no value of " + std::to_string(left_out) +
                        " cell(s), which count as lacking it");
}

}  // namespace

std::vector<std::string> stratification_labels(const Study& study, const data::Dataset& dataset) {
  if (study.labels.column.empty()) return std::vector<std::string>(dataset.cells.size());
  try {
    return column_labels(dataset, study.labels.column);
  } catch (const DataError& error) {
    throw DataError(std::string("labels.column: ") + error.what());
  }
}

std::vector<std::string> column_labels(const data::Dataset& dataset, const std::string& name) {
  const data::ObsColumn& column = dataset.column(name);
  if (column.is_text) return column.text;
  std::vector<std::string> labels;
  for (const double number : column.numbers)
    labels.push_back(number != number ? "" : number_text(number));
  return labels;
}

std::vector<data::Split> splits_of(const Study& study, const ExperimentSpec& experiment,
                                   const std::vector<std::string>& labels) {
  if (experiment.kind != ExperimentKind::kfold) return {held_out_split(study, experiment, labels)};
  const NetworkKey key = split_key(study, experiment);
  const auto fold_of_cell = data::stratified_folds(labels, static_cast<std::size_t>(experiment.folds), key);
  std::vector<data::Split> splits;
  for (std::int64_t fold = 0; fold < experiment.folds; ++fold)
    splits.push_back(data::fold_split(fold_of_cell, FoldId(fold)));
  return splits;
}

data::Split split_of(const Study& study, const Plan& plan, const Network& network,
                     const std::vector<std::string>& labels) {
  const ExperimentSpec& experiment =
      study.experiments.at(plan.variants.at(network.variant.index()).experiment);
  if (experiment.kind != ExperimentKind::kfold) return held_out_split(study, experiment, labels);
  const NetworkKey key = split_key(study, experiment);
  const auto fold_of_cell = data::stratified_folds(labels, static_cast<std::size_t>(experiment.folds), key);
  return data::fold_split(fold_of_cell, FoldId(network.replicate));
}

void adopt_names(const Study& study, data::Dataset& dataset) {
  // All are looked for before one is taken away: the message names what there is.
  for (const auto& spec : study.base.modalities)
    static_cast<void>(dataset.modality(source_name(spec)));
  std::vector<data::Modality> used;
  for (const auto& spec : study.base.modalities) {
    const auto found =
        std::find_if(dataset.modalities.begin(), dataset.modalities.end(),
                     [&](const data::Modality& modality) { return modality.name == source_name(spec); });
    used.push_back(std::move(*found));
    used.back().name = spec.name;
  }
  dataset.modalities = std::move(used);
}

std::size_t keep_used_cells(const Study& study, data::Dataset& dataset) {
  std::vector<std::uint8_t> used(dataset.cells.size(), 0);
  for (auto& modality : dataset.modalities)
    leave_out_without_values(modality);
  for (const auto& spec : study.base.modalities) {
    const auto& present = dataset.modality(spec.name).present;
    for (std::size_t cell = 0; cell < used.size(); ++cell)
      if (present[cell] != 0) used[cell] = 1;
  }
  const auto unused = static_cast<std::size_t>(std::count(used.begin(), used.end(), std::uint8_t{0}));
  if (unused > 0) data::keep_cells(dataset, used);
  return unused;
}

StudyData prepare(const Study& study, const data::Dataset& dataset) {
  StudyData prepared;
  for (const auto& spec : study.base.modalities) {
    prepared.modalities.push_back(dataset.modality(spec.name));
    prepared.scaling.push_back(
        data::apply_transform(spec.transform, prepared.modalities.back(), dataset.cells));
    data::weigh_features(spec.feature_weight, prepared.modalities.back(), prepared.scaling.back());
  }
  return prepared;
}

std::optional<data::Taxonomy> taxonomy_of(const Study& study, const data::Dataset& dataset) {
  const std::string& source = study.labels.taxonomy;
  if (source.empty()) return std::nullopt;
  if (source != "data") return data::read_taxonomy_csv(std::filesystem::path(study.folder) / source);
  if (!dataset.taxonomy)
    throw DataError("labels.taxonomy: found no table uns/taxonomy in the data, expected one for \"data\"");
  return dataset.taxonomy;
}

}  // namespace cplae::study
