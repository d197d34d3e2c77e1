#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "choose_network.hpp"
#include "commands.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/predict/input.hpp"
#include "cplae/predict/predict.hpp"
#include "cplae/predict/write.hpp"
#include "inputs.hpp"
#include "prediction_summary.hpp"
#include "run_record.hpp"
#include "whole_results.hpp"

namespace cplae::apps {

namespace {

namespace fs = std::filesystem;

constexpr const char* predict_notes =
    R"(Nothing is trained: all finished networks of a variant class the new cells and
decode their other modalities together. Without --variant it is that of the highest
lambda, with folds, or else with repeats: the networks of all folds have together
seen every cell. Only the run folder is read. Features are matched by name; missing
ones are 0, as in training. The .h5mu has types, agreement and distances in obs,
and mean, SD and agreement of every other modality; a .csv has one row a cell.

--input says what the values are: as_trained (as in the run's data), raw (counts),
log1p_cpm (log_e(1 + counts per million)) or log2_cpm. Without it they are taken as
in the run's data, and refused where they are unlike them.

Examples:
  cplae predict my_run --data new.h5ad --modality T --input raw --out new.h5mu
  cplae predict my_run --data new.h5mu --modality E --label family --out types.csv)";

struct PredictArguments {
  std::string run;
  std::string data;
  std::string modality;
  fs::path out;
  fs::path table;
  std::string variant;
  std::vector<std::string> labels;
  std::string input;
  bool force = false;
};

std::optional<predict::InputKind> input_kind(const std::string& word) {
  if (word.empty()) return std::nullopt;
  const auto& names = predict::input_kind_names();
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end()) throw UsageError("--input " + word + ": expected one of " + join(names, ", "));
  return static_cast<predict::InputKind>(found - names.begin());
}

/// Neither the new data nor what the run keeps or came from may be replaced.
void check_place(const std::string& option, const fs::path& path, const PredictArguments& options,
                 const std::vector<data::Source>& sources) {
  std::error_code error;
  for (const auto& source : sources)
    if (fs::equivalent(path, source.path, error))
      throw UsageError(option + " " + path.string() + ": is the new data file; expected another name");
  const store::RunFolder folder{fs::path(options.run)};
  require_apart(option, path, folder, read_run_record(folder).sources);
}

void check_outputs(const PredictArguments& options, const std::vector<data::Source>& sources) {
  const std::string extension = options.out.extension().string();
  if (extension != ".h5mu" && extension != ".csv")
    throw UsageError("--out " + options.out.string() + ": expected a name that ends in .h5mu or .csv");
  require_output({.path = options.out, .extension = extension, .replace = options.force});
  if (!options.table.empty())
    require_output(
        {.path = options.table, .extension = ".csv", .replace = options.force, .option = "--table"});
  if (!options.table.empty() && fs::weakly_canonical(options.table) == fs::weakly_canonical(options.out))
    throw UsageError("--table " + options.table.string() + ": is --out too, expected another name");
  check_place("--out", options.out, options, sources);
  if (!options.table.empty()) check_place("--table", options.table, options, sources);
}

std::size_t modality_named(const study::Study& study, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& modality : study.base.modalities)
    known.push_back(modality.name);
  const auto found = std::find(known.begin(), known.end(), name);
  if (found == known.end())
    throw UsageError("--modality " + name + ": the run has no such modality, expected one of " +
                     join(known, ", "));
  return static_cast<std::size_t>(found - known.begin());
}

/// The one modality of the new file that is meant: by the name that the run's data had for it, by the
/// study's, or the only one.
data::Modality take_modality(data::Dataset& dataset, const study::ModalitySpec& spec,
                             const std::string& file) {
  auto& all = dataset.modalities;
  for (const auto& name : {study::source_name(spec), spec.name})
    for (auto& modality : all)
      if (modality.name == name) return std::move(modality);
  if (all.size() == 1) return std::move(all.front());
  std::vector<std::string> names;
  for (const auto& modality : all)
    names.push_back(modality.name);
  throw DataError(file + ": no modality '" + study::source_name(spec) + "'; there are: " + join(names, ", "));
}

/// New cells that have the modality.
struct NewCells {
  std::vector<std::string> cells;
  std::vector<data::ObsColumn> obs;
  data::Modality modality;
};

NewCells read_new_cells(const std::vector<data::Source>& sources, const study::ModalitySpec& spec) {
  data::Dataset dataset = read_data(sources, {study::source_name(spec)}, data::ReadFor::prediction);
  data::Modality modality = take_modality(dataset, spec, sources.front().path.string());
  modality.name = spec.name;
  const auto present = modality.present;
  dataset.modalities.assign(1, std::move(modality));
  data::keep_cells(dataset, present);
  return {std::move(dataset.cells), std::move(dataset.obs), std::move(dataset.modalities.front())};
}

/// Whether the cells are new at all; empty where no name is one of the run's.
std::string note_of_known_cells(const std::vector<std::string>& cells, const std::vector<std::string>& own) {
  const std::unordered_set<std::string> names(own.begin(), own.end());
  const auto known = std::count_if(cells.begin(), cells.end(),
                                   [&](const std::string& cell) { return names.contains(cell); });
  if (known == 0) return "";
  return std::to_string(known) + " of " + std::to_string(cells.size()) +
         " cells have names of the run's own cells: if they are the same, networks were trained on them, and "
         "agreement and distances look better than those of new cells";
}

/// What the run folder says of the training cells.
struct Trained {
  std::vector<predict::TrainedModality> modalities;
  std::vector<predict::TrainedLabels> labels;
  predict::HeldOutCells held_out;
  std::optional<data::Taxonomy> taxonomy;
};

/// Each label makes three columns, which must not be those of another one.
std::vector<predict::TrainedLabels> labels_to_predict(const store::RunFolder& folder,
                                                      const store::ResultsReader& results,
                                                      const std::vector<std::string>& names) {
  auto labels = predict::read_labels(folder, results, names);
  std::map<std::string, std::string> owner;
  for (const auto& label : labels)
    for (const auto& column : predict::type_columns(label.name)) {
      const auto [found, is_new] = owner.emplace(column, label.name);
      if (!is_new)
        throw UsageError("--label " + label.name + ": its column " + column + " is one of the label " +
                         found->second + " too; predict one of them at a time");
    }
  return labels;
}

Trained read_trained(const store::RunFolder& folder, const store::ResultsReader& results,
                     const PredictArguments& options, const std::string& variant) {
  Trained trained{.modalities = {},
                  .labels = labels_to_predict(folder, results, options.labels),
                  .held_out = predict::read_held_out(folder, variant, options.modality),
                  .taxonomy = predict::read_taxonomy(folder)};
  for (std::size_t m = 0; m < results.study().base.modalities.size(); ++m)
    trained.modalities.push_back(predict::read_modality(folder, results, m));
  return trained;
}

void write_outputs(const PredictArguments& options, const predict::PredictedCells& predicted) {
  if (options.out.extension() == ".csv")
    predict::write_prediction_table(predicted, options.out);
  else
    predict::write_prediction(predicted, options.out);
  if (!options.table.empty()) predict::write_prediction_table(predicted, options.table);
  std::cout << options.out.string() << ": " << predicted.cells.size() << " cells, predicted from "
            << options.modality << "\n";
  for (const auto& line : predicted.notes)
    std::cout << "  " << line << "\n";
}

ExitCode predict_new_cells(const PredictArguments& options) {
  const auto kind = input_kind(options.input);
  const store::RunFolder folder{fs::path(options.run)};
  const store::ResultsReader results = open_whole_results(folder);
  const auto sources = parse_sources({options.data});
  check_outputs(options, sources);
  const std::size_t from = modality_named(results.study(), options.modality);
  const ChosenNetwork best = choose_network(
      results, {.variant = options.variant, .fold = std::nullopt, .init = std::nullopt, .folds_first = true});
  const auto& best_variant = results.plan().variants.at(best.network.variant.index());
  const std::string variant = !options.variant.empty()        ? options.variant
                              : best_variant.ensemble.empty() ? best_variant.id
                                                              : best_variant.ensemble;
  const Trained trained = read_trained(folder, results, options, variant);
  const NewCells found = read_new_cells(sources, results.study().base.modalities.at(from));
  const auto prepared = predict::prepare_input(found.modality, found.cells, trained.modalities[from], kind);
  const MatrixF seen = predict::scaled(prepared.measured, trained.modalities[from].scaling);
  const auto prediction = predict::predict_cells({.results = results,
                                                  .best = best.network,
                                                  .variant = variant,
                                                  .from = from,
                                                  .cells = found.cells,
                                                  .seen = seen,
                                                  .modalities = trained.modalities,
                                                  .labels = trained.labels,
                                                  .held_out = trained.held_out});
  auto notes = prepared.notes;
  if (const std::string known = note_of_known_cells(found.cells, results.cells()); !known.empty())
    notes.push_back(known);
  const auto& chosen = best_variant.spec;
  if (chosen.modalities.size() > 1 && chosen.coupling.lambda <= 0)
    notes.push_back("lambda = 0: the modalities of " + variant +
                    " share no space, and other modalities than " + options.modality +
                    " are predicted from nothing");
  for (const auto& line : prediction_summary(prediction, {.variant = variant, .best = best.network.id}))
    notes.push_back(line);
  write_outputs(options, {.cells = found.cells,
                          .obs = found.obs,
                          .modalities = trained.modalities,
                          .from = from,
                          .measured = prepared.measured,
                          .prediction = prediction,
                          .taxonomy = trained.taxonomy,
                          .notes = notes});
  return ExitCode::done;
}

}  // namespace

Command add_predict(CLI::App& program) {
  const auto options = std::make_shared<PredictArguments>();
  CLI::App* command = program.add_subcommand("predict", "types and other modalities of new cells");
  command->add_option("RUN", options->run, "a run folder")->required()->type_name("");
  command->add_option("--data", options->data, "the new cells, an .h5mu or .h5ad file")
      ->required()
      ->type_name("FILE");
  command->add_option("--modality", options->modality, "what they were measured in, as the study calls it")
      ->required()
      ->type_name("NAME");
  command->add_option("--out", options->out, "the .h5mu or .csv file to write")
      ->required()
      ->type_name("FILE");
  command->add_option("--table", options->table, "a .csv file to write beside an .h5mu")->type_name("FILE");
  command->add_option("--input", options->input, "as_trained, raw, log1p_cpm or log2_cpm")->type_name("KIND");
  command->add_option("--variant", options->variant, "a variant of the study, such as consensus")
      ->type_name("ID");
  command
      ->add_option("--label", options->labels,
                   "a column of tables/cells.csv to predict; repeatable (default: the study's labels)")
      ->allow_extra_args(false)
      ->type_name("NAME");
  command->add_flag("--force", options->force, "replace an existing file");
  command->footer(predict_notes);
  return {command, SerialTask([options] { return predict_new_cells(*options); })};
}

}  // namespace cplae::apps
