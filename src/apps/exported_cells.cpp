#include "exported_cells.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/places.hpp"
#include "cplae/core/text.hpp"
#include "cplae/study/shared_space.hpp"

namespace cplae::apps {

namespace {

/// Row in the run of each cell of the data; none for cells that the study did not use.
using Rows = std::vector<std::optional<std::size_t>>;

Rows rows_of(const std::vector<std::string>& cells, const store::ResultsReader& results) {
  const auto row_of = places_of(results.cells());
  Rows rows;
  for (const auto& cell : cells) {
    const auto found = row_of.find(cell);
    rows.push_back(found == row_of.end() ? std::nullopt : std::optional(found->second));
  }
  return rows;
}

MatrixF spread(const MatrixF& values, const Rows& rows) {
  MatrixF all = MatrixF::Constant(static_cast<Eigen::Index>(rows.size()), values.cols(),
                                  std::numeric_limits<float>::quiet_NaN());
  for (std::size_t cell = 0; cell < rows.size(); ++cell)
    if (rows[cell])
      all.row(static_cast<Eigen::Index>(cell)) = values.row(static_cast<Eigen::Index>(*rows[cell]));
  return all;
}

/// A text for every cell of the data from one for every cell of the run.
template <class TextOf>
data::ObsColumn texts(const std::string& name, const Rows& rows, const TextOf& text_of) {
  data::ObsColumn column{.name = name, .is_text = true, .text = {}, .numbers = {}};
  for (const auto& row : rows)
    column.text.push_back(row ? text_of(*row) : "");
  return column;
}

data::ObsColumn numbers(const std::string& name, const Rows& rows, const std::vector<double>& values) {
  data::ObsColumn column{.name = name, .is_text = false, .text = {}, .numbers = {}};
  for (const auto& row : rows)
    column.numbers.push_back(row ? values[*row] : std::numeric_limits<double>::quiet_NaN());
  return column;
}

std::string role_text(bool is_held_out) {
  return is_held_out ? "held_out" : "training";
}

bool has_folds(const store::ResultsReader& results, const study::Variant& variant) {
  return results.study().experiments.at(variant.experiment).kind == study::ExperimentKind::kfold;
}

/// The variant whose folds predict: the chosen network's own, or the one of the cross-validation that
/// `predict` takes; "" where there is none or several would do.
std::string folds_of(const store::ResultsReader& results, const study::Network& network) {
  const auto& variants = results.plan().variants;
  const auto& own = variants.at(network.variant.index());
  if (has_folds(results, own)) return own.id;
  try {
    const auto other = choose_network(
        results, {.variant = "", .fold = std::nullopt, .init = std::nullopt, .folds_first = true});
    const auto& variant = variants.at(other.network.variant.index());
    return has_folds(results, variant) ? variant.id : "";
  } catch (const UsageError&) {
    return "";
  }
}

/// The label columns of the study as the data have them, in the order of the run's cells.
std::vector<predict::TrainedLabels> labels_of(const ExportInput& input, const Rows& rows) {
  std::vector<predict::TrainedLabels> labels;
  for (const auto& name : label_columns(input.results.study())) {
    const auto all = study::column_labels(input.dataset, name);
    auto& own = labels.emplace_back(predict::TrainedLabels{.name = name, .class_of_cell = {}});
    own.class_of_cell.resize(input.results.cells().size());
    for (std::size_t cell = 0; cell < rows.size(); ++cell)
      if (rows[cell]) own.class_of_cell[*rows[cell]] = all[cell];
  }
  return labels;
}

/// The columns of types, of a modality each.
void add_types(const predict::OwnTypes& types, const Rows& rows, std::vector<ExportedColumn>& columns) {
  const std::string name = "predicted_" + types.label;
  const auto role = [&](std::size_t cell) {
    return types.type[cell].empty() ? "" : role_text(types.is_honest[cell] != 0);
  };
  columns.push_back({types.modality, texts(name, rows, [&](std::size_t cell) { return types.type[cell]; })});
  columns.push_back({types.modality, numbers(name + "_probability", rows, types.probability)});
  columns.push_back({types.modality, texts(name + "_role", rows, role)});
}

std::vector<ExportedColumn> columns_of(const predict::OwnCells& cells,
                                       const std::optional<predict::OwnClusters>& clusters,
                                       const Rows& rows) {
  std::vector<ExportedColumn> columns;
  const auto role = [&](std::size_t cell) { return role_text(cells.held_out[cell] != 0); };
  const auto fold = [&](std::size_t cell) {
    return cells.fold[cell] < 0 ? "" : std::to_string(cells.fold[cell]);
  };
  columns.push_back({std::nullopt, texts("cplae_role", rows, role)});
  if (cells.networks > 0) columns.push_back({std::nullopt, texts("cplae_fold", rows, fold)});
  for (std::size_t m = 0; clusters && m < clusters->cluster.size(); ++m)
    columns.push_back(
        {m, texts("cplae_cluster", rows, [&](std::size_t cell) { return clusters->cluster[m][cell]; })});
  for (const auto& types : cells.types)
    add_types(types, rows, columns);
  return columns;
}

/// By which networks types and decoded modalities are, where there are folds.
std::vector<std::string> notes_of_folds(const ExportInput& input, const predict::OwnCells& cells,
                                        const std::string& folds, const std::string& what) {
  const std::size_t all = input.results.replicates(folds).size();
  const bool is_whole = cells.networks == all;
  std::vector<std::string> notes{what + (is_whole ? " of each cell" : " of cells") + " by the network of " +
                                 folds + " that did not train on it (" +
                                 (is_whole ? "" : std::to_string(cells.networks) + " of ") +
                                 std::to_string(all) + " folds; cplae_fold)"};
  const auto left = std::count(cells.fold.begin(), cells.fold.end(), -1);
  if (!is_whole)
    notes.push_back(std::to_string(left) + " of " + std::to_string(cells.fold.size()) +
                    " cells are of folds that failed: no cplae_fold, nothing decoded, and types by network " +
                    input.chosen.network.id +
                    "; of those that it trained on types look better than they are (predicted_..._role)");
  return notes;
}

std::vector<std::string> notes_of(const ExportInput& input, const predict::OwnCells& cells,
                                  const std::string& folds,
                                  const std::optional<predict::OwnClusters>& clusters) {
  const auto& id = input.chosen.network.id;
  const auto held_out = std::count(cells.held_out.begin(), cells.held_out.end(), std::uint8_t{1});
  std::vector<std::string> notes{"latents of network " + id + ", which did not train on " +
                                 std::to_string(held_out) + " of " + std::to_string(cells.held_out.size()) +
                                 " cells (cplae_role)"};
  const std::string what = input.is_decoded ? "types and decoded modalities" : "types";
  if (folds.empty())
    notes.push_back(what +
                    " of held-out cells by the same network; types of the others, which it trained on, "
                    "look better than they are (predicted_..._role)");
  else
    for (const auto& line : notes_of_folds(input, cells, folds, what))
      notes.push_back(line);
  const auto& variants = input.results.plan().variants;
  for (const auto& variant : variants)
    if (variant.id == (folds.empty() ? variants.at(input.chosen.network.variant.index()).id : folds) &&
        input.is_decoded && !study::share_space(variant.spec))
      notes.push_back("lambda = 0: the modalities of " + variant.id +
                      " share no space, and others are decoded from nothing");
  if (clusters) notes.push_back("clusters: consensus_cells.csv of " + clusters->variant + " (cplae_cluster)");
  return notes;
}

}  // namespace

std::vector<std::string> label_columns(const study::Study& study) {
  std::vector<std::string> names = study.labels.also;
  if (!study.labels.column.empty()) names.insert(names.begin(), study.labels.column);
  return names;
}

ExportedCells exported_cells(const ExportInput& input) {
  const Rows rows = rows_of(input.dataset.cells, input.results);
  const auto labels = labels_of(input, rows);
  const auto& network = input.chosen.network;
  const std::string folds = folds_of(input.results, network);
  const auto cells = predict::predict_own_cells({.results = input.results,
                                                 .network = network,
                                                 .folds = folds,
                                                 .labels = labels,
                                                 .is_decoded = input.is_decoded});
  const auto clusters = predict::read_own_clusters(
      input.folder, input.results, input.results.plan().variants.at(network.variant.index()).id);
  ExportedCells exported{.columns = columns_of(cells, clusters, rows),
                         .latents = {},
                         .decoded = {},
                         .notes = notes_of(input, cells, folds, clusters)};
  const auto& modalities = input.results.study().base.modalities;
  for (std::size_t m = 0; m < modalities.size(); ++m)
    exported.latents.push_back({m, m, spread(input.results.latents(network, modalities[m].name), rows)});
  for (const auto& decoded : cells.decoded)
    exported.decoded.push_back({decoded.from, decoded.to, spread(decoded.values, rows)});
  return exported;
}

}  // namespace cplae::apps
