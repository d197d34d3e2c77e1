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
#include "cplae/study/shared_space.hpp"
#include "inputs.hpp"
#include "new_cells.hpp"
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
and mean, SD and agreement of every other modality (of cross-validations with
members an SD of the truth, predictive_sd, too); a .csv has one row a cell.

With several --modality a cell may have any of them: it is predicted from the mean of
the latents of those that it has, which obs names (from_modalities).

--input says what the values are: as_trained (as in the run's data), raw (counts),
log1p_cpm (log_e(1 + counts per million)) or log2_cpm. Without it they are taken as
in the run's data, and refused where they are unlike them. Of one modality among
several: --input T=raw.

Examples:
  cplae predict my_run --data new.h5ad --modality T --input raw --out new.h5mu
  cplae predict my_run --data new.h5mu --modality E --label family --out types.csv
  cplae predict my_run --data new.h5mu --modality T --modality M --out new_predicted.h5mu)";

struct PredictArguments {
  std::string run;
  std::vector<std::string> data;
  std::vector<std::string> modalities;
  fs::path out;
  fs::path table;
  std::string variant;
  std::vector<std::string> labels;
  std::vector<std::string> inputs;
  bool force = false;
};

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

/// The variant or ensemble that predicts, and the network of it whose latents are handed out.
struct Predicting {
  std::string variant;
  study::Network best;
  bool share_space = false;
  bool has_members = false;
};

/// What the run folder says of the training cells.
struct Trained {
  std::vector<predict::TrainedModality> modalities;
  std::vector<predict::TrainedLabels> labels;
  std::vector<std::size_t> asked;               ///< places of the modalities of the new cells
  std::vector<predict::HeldOutCells> held_out;  ///< of these
  std::optional<data::Taxonomy> taxonomy;
  std::vector<predict::TrainedVariance> variances;
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
                     const PredictArguments& options, const Predicting& predicting) {
  Trained trained{.modalities = {},
                  .labels = labels_to_predict(folder, results, options.labels),
                  .asked = modalities_named(results.study(), options.modalities),
                  .held_out = {},
                  .taxonomy = predict::read_taxonomy(folder),
                  .variances = {}};
  if (predicting.has_members)
    trained.variances = predict::read_variances(folder, results, predicting.variant);
  for (std::size_t m = 0; m < results.study().base.modalities.size(); ++m)
    trained.modalities.push_back(predict::read_modality(folder, results, m));
  for (const std::size_t place : trained.asked)
    trained.held_out.push_back(
        predict::read_held_out(folder, predicting.variant, trained.modalities[place].name));
  return trained;
}

/// "T+M 30, T 20": the modalities that cells were predicted from, and how many cells.
std::string counts_of(const std::vector<std::string>& from) {
  std::map<std::string, std::size_t> counts;
  for (const auto& name : from)
    ++counts[name];
  if (counts.size() == 1) return from.front();
  std::vector<std::string> texts;
  for (const auto& [name, count] : counts)
    texts.push_back(name + " " + std::to_string(count));
  return join(texts, ", ");
}

void write_outputs(const PredictArguments& options, const predict::PredictedCells& predicted) {
  if (options.out.extension() == ".csv")
    predict::write_prediction_table(predicted, options.out);
  else
    predict::write_prediction(predicted, options.out);
  if (!options.table.empty()) predict::write_prediction_table(predicted, options.table);
  std::cout << options.out.string() << ": " << predicted.cells.size() << " cells, predicted from "
            << counts_of(predicted.prediction.from) << "\n";
  for (const auto& line : predicted.notes)
    std::cout << "  " << line << "\n";
}

Predicting choose_predicting(const store::ResultsReader& results, const PredictArguments& options) {
  const ChosenNetwork best = choose_network(
      results, {.variant = options.variant, .fold = std::nullopt, .init = std::nullopt, .folds_first = true});
  const auto& own = results.plan().variants.at(best.network.variant.index());
  const std::string variant = !options.variant.empty() ? options.variant
                              : own.ensemble.empty()   ? own.id
                                                       : own.ensemble;
  const bool share_space = study::share_space(own.spec);
  if (!share_space && options.modalities.size() > 1)
    throw UsageError("--modality: " + std::to_string(options.modalities.size()) +
                     " modalities, but those of " + variant + " share no space (lambda = 0), expected one");
  return {variant, best.network, share_space, variant == own.ensemble};
}

/// "all folds", or how many of them have two members with a result, as error bars need.
std::string folds_of_variances(const store::ResultsReader& results, const std::string& ensemble) {
  std::vector<std::size_t> members;
  for (const auto& variant : results.plan().variants) {
    if (!study::is_of(variant, ensemble)) continue;
    const auto replicates = results.replicates(variant.id);
    members.resize(replicates.size(), 0);
    for (std::size_t fold = 0; fold < replicates.size(); ++fold)
      if (replicates[fold].done) ++members[fold];
  }
  const auto used = std::count_if(members.begin(), members.end(), [](std::size_t n) { return n > 1; });
  if (static_cast<std::size_t>(used) == members.size()) return "all folds";
  return std::to_string(used) + " of " + std::to_string(members.size()) + " folds";
}

std::string note_of_variances(const store::ResultsReader& results, const Trained& trained,
                              const Predicting& predicting) {
  if (!trained.variances.empty())
    return "predictive_sd: of the truth about the mean, from the held-out errors of " +
           folds_of_variances(results, predicting.variant) + " of " + predicting.variant;
  return "predictive_sd: none, since " + predicting.variant +
         (predicting.has_members ? " has no fold of two members with a result"
                                 : " has no members (a key of cross-validations)");
}

struct Prepared {
  std::vector<predict::NewModality> measured;
  std::vector<std::string> notes;
};

Prepared prepare(const NewCells& found, const Trained& trained, const InputKinds& kinds) {
  Prepared prepared{.measured = {}, .notes = found.notes};
  for (std::size_t i = 0; i < trained.asked.size(); ++i) {
    const auto& own = trained.modalities[trained.asked[i]];
    prepared.measured.push_back(prepare_modality({.found = found.modalities[i],
                                                  .cells = found.cells,
                                                  .modality = trained.asked[i],
                                                  .trained = own,
                                                  .kind = kinds.of(own.name),
                                                  .held_out = trained.held_out[i]},
                                                 prepared.notes));
  }
  return prepared;
}

ExitCode predict_new_cells(const PredictArguments& options) {
  const InputKinds kinds(options.inputs, options.modalities);
  const store::RunFolder folder{fs::path(options.run)};
  const store::ResultsReader results = open_whole_results(folder);
  const auto sources = parse_sources(options.data);
  check_outputs(options, sources);
  std::vector<study::ModalitySpec> specs;
  for (const std::size_t place : modalities_named(results.study(), options.modalities))
    specs.push_back(results.study().base.modalities.at(place));
  const Predicting predicting = choose_predicting(results, options);
  const Trained trained = read_trained(folder, results, options, predicting);
  const NewCells found = read_new_cells(sources, specs);
  auto [measured, notes] = prepare(found, trained, kinds);
  const auto prediction = predict::predict_cells({.results = results,
                                                  .best = predicting.best,
                                                  .variant = predicting.variant,
                                                  .cells = found.cells,
                                                  .measured = measured,
                                                  .modalities = trained.modalities,
                                                  .labels = trained.labels,
                                                  .variances = trained.variances});
  if (const std::string known = note_of_known_cells(found.cells, results.cells()); !known.empty())
    notes.push_back(known);
  if (!predicting.share_space)
    notes.push_back("lambda = 0: the modalities of " + predicting.variant +
                    " share no space, and other modalities than " + options.modalities.front() +
                    " are predicted from nothing");
  if (!prediction.modalities.empty()) notes.push_back(note_of_variances(results, trained, predicting));
  for (const auto& line :
       prediction_summary(prediction, {.variant = predicting.variant, .best = predicting.best.id}))
    notes.push_back(line);
  write_outputs(options, {.cells = found.cells,
                          .obs = found.obs,
                          .modalities = trained.modalities,
                          .measured = measured,
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
  command
      ->add_option("--data", options->data,
                   "the new cells, an .h5mu or .h5ad file; [NAME=]FILE of several .h5ad")
      ->required()
      ->allow_extra_args(false)
      ->type_name("FILE");
  command
      ->add_option("--modality", options->modalities,
                   "what they were measured in, as the study calls it; repeatable")
      ->required()
      ->allow_extra_args(false)
      ->type_name("NAME");
  command->add_option("--out", options->out, "the .h5mu or .csv file to write")
      ->required()
      ->type_name("FILE");
  command->add_option("--table", options->table, "a .csv file to write beside an .h5mu")->type_name("FILE");
  command
      ->add_option("--input", options->inputs,
                   "as_trained, raw, log1p_cpm or log2_cpm; of one modality NAME=KIND, repeatable")
      ->allow_extra_args(false)
      ->type_name("KIND");
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
