#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "choose_network.hpp"
#include "commands.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/write.hpp"
#include "exported_cells.hpp"
#include "inputs.hpp"
#include "latents_table.hpp"
#include "run_record.hpp"
#include "whole_results.hpp"

namespace cplae::apps {

namespace {

namespace fs = std::filesystem;

constexpr const char* export_notes =
    R"(An .h5mu is a copy of the run's data with the latents of one network as
obsm/X_cplae_<modality>, for all cells and in each modality, and in the obs of each
modality: cplae_role (training or held_out) and cplae_fold; cplae_cluster (consensus);
predicted_<label> by the modality's latents, with _probability, and _role: held_out
where the network that predicted did not train on the cell. Layers cplae_from_<m> of a
modality are what held-out cells are decoded to from modality <m>. A .csv has one row a
cell: its labels, the same columns with _<modality> behind their name, then
z_<modality>_0 and so on, then decoded_<modality>_from_<m>_<feature>. An existing file
is replaced, and what an earlier export put into the data is left out.
Without --variant, --fold and --init the network of least loss on held-out cells is
taken: of the variants with repeats, or else with folds, that have the highest lambda.

Examples:
  cplae export demo_run --to latents.h5mu
  cplae export demo_run --to fold3.csv --variant cross_validation,lambda=1 --fold 3)";

struct ExportArguments {
  std::string run;
  fs::path to;
  std::vector<std::string> data;
  std::string variant;
  std::int64_t fold = -1;
  std::int64_t init = -1;
  bool without_decoded = false;
};

/// For the parser: what is wrong with the number of a fold or initialisation; empty if nothing is.
std::string refuse_replicate(const std::string& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end && number >= 0) return "";
  return "found '" + text + "', expected a whole number from 0 on";
}

/// Data that was moved can be named anew; other data than the run's would get latents that are not its own.
std::vector<data::Source> find_data(const ExportArguments& options, const RunRecord& record) {
  auto sources = options.data.empty() ? record.sources : parse_sources(options.data);
  std::error_code error;
  for (const auto& source : sources) {
    require_regular(source.path);
    if (fs::exists(source.path, error)) continue;
    throw UsageError(source.path.string() +
                     ": the run's data file is not there any more; name it with --data");
  }
  const std::string found = data_sha256(sources);
  if (found != record.data_sha256)
    throw DataError(sources.front().path.string() + ": is not the data of this run: SHA-256 " +
                    found.substr(0, 12) + "..., expected " + record.data_sha256.substr(0, 12) + "...");
  return sources;
}

void check_target(const ExportArguments& options, const std::vector<data::Source>& sources) {
  const std::string name = "--to " + options.to.string();
  if (options.to.extension() != ".h5mu" && options.to.extension() != ".csv")
    throw UsageError(name + ": expected a name that ends in .h5mu or .csv");
  std::error_code error;
  if (fs::is_directory(options.to, error)) throw UsageError(name + ": is a folder, expected a file name");
  require_apart("--to", options.to, store::RunFolder{fs::path(options.run)}, sources);
  if (!fs::is_directory(fs::absolute(options.to).parent_path(), error))
    throw UsageError(name + ": there is no folder " + fs::absolute(options.to).parent_path().string());
}

NetworkWish wish_of(const ExportArguments& options) {
  NetworkWish wish{.variant = options.variant, .fold = std::nullopt, .init = std::nullopt};
  if (options.fold >= 0) wish.fold = options.fold;
  if (options.init >= 0) wish.init = options.init;
  return wish;
}

/// The same in the names of the data's modalities.
data::Additions additions_of(const store::ResultsReader& results, ExportedCells exported) {
  const auto& modalities = results.study().base.modalities;
  data::Additions additions;
  for (auto& latents : exported.latents)
    additions.embeddings.push_back({.modality = study::source_name(modalities[latents.from]),
                                    .name = modalities[latents.from].name,
                                    .values = std::move(latents.values)});
  for (auto& decoded : exported.decoded)
    additions.layers.push_back({.modality = study::source_name(modalities[decoded.to]),
                                .name = "cplae_from_" + modalities[decoded.from].name,
                                .features = results.features(modalities[decoded.to].name),
                                .values = std::move(decoded.values)});
  for (auto& [modality, column] : exported.columns) {
    if (modality) column.name = study::source_name(modalities[*modality]) + ":" + column.name;
    additions.obs.push_back(std::move(column));
  }
  additions.uns["cplae_export"] = std::move(exported.notes);
  additions.kept = label_columns(results.study());
  return additions;
}

/// Label columns stay as they are, so that nothing of their names can be added.
void check_labels(const ExportArguments& options, const store::ResultsReader& results,
                  const ExportedCells& exported) {
  const auto labels = label_columns(results.study());
  const auto& modalities = results.study().base.modalities;
  for (const auto& [modality, column] : exported.columns) {
    std::vector<std::string> written{column.name};
    if (modality && options.to.extension() == ".csv")
      written = {column.name + "_" + modalities[*modality].name};
    else if (modality)
      written.push_back(study::source_name(modalities[*modality]) + ":" + column.name);
    for (const auto& name : written)
      if (std::find(labels.begin(), labels.end(), name) != labels.end())
        throw DataError("--to " + options.to.string() + ": the study's label column '" + name +
                        "' has the name of a column that export adds, expected data and study with another");
  }
}

void write_h5mu_copy(const std::vector<data::Source>& sources, const data::Dataset& dataset,
                     const data::Additions& additions, const fs::path& path) {
  std::vector<fs::path> paths;
  std::vector<std::string> names;
  for (const auto& source : sources) {
    paths.push_back(source.path);
    names.push_back(source.name.empty() ? source.path.stem().string() : source.name);
  }
  data::write_with_additions(paths, names, dataset, additions, path);
}

ExitCode export_cells(const ExportArguments& options) {
  const store::RunFolder folder{fs::path(options.run)};
  const RunRecord record = read_run_record(folder);
  const auto sources = find_data(options, record);
  check_target(options, sources);
  const store::ResultsReader results = open_whole_results(folder);
  const ChosenNetwork chosen = choose_network(results, wish_of(options));
  const data::Dataset dataset = read_data(sources, study::source_names(results.study()));
  const ExportInput input{.folder = folder,
                          .results = results,
                          .dataset = dataset,
                          .chosen = chosen,
                          .is_decoded = !options.without_decoded};
  ExportedCells exported = exported_cells(input);
  check_labels(options, results, exported);
  const auto notes = exported.notes;
  if (options.to.extension() == ".csv")
    write_latents_table(input, exported, options.to);
  else
    write_h5mu_copy(sources, dataset, additions_of(results, std::move(exported)), options.to);
  std::cout << options.to.string() << ": network " << chosen.network.id << " (loss on held-out cells "
            << number_text(static_cast<float>(chosen.validation_loss)) << ")\n";
  for (const auto& line : notes)
    std::cout << "  " << line << "\n";
  return ExitCode::done;
}

}  // namespace

Command add_export(CLI::App& program) {
  const auto options = std::make_shared<ExportArguments>();
  CLI::App* command = program.add_subcommand("export", "add latents, types and predictions to the cells");
  command->add_option("RUN", options->run, "a run folder")->required()->type_name("");
  command->add_option("--to", options->to, "the .h5mu or .csv file to write")->required()->type_name("FILE");
  command->add_option("--variant", options->variant, "a variant of the study, such as consensus")
      ->type_name("ID");
  command->add_option("--fold", options->fold, "the network of this fold")
      ->type_name("N")
      ->check(refuse_replicate);
  command->add_option("--init", options->init, "the network of this initialisation")
      ->type_name("N")
      ->check(refuse_replicate);
  command->add_flag("--without-decoded", options->without_decoded, "leave the decoded modalities out");
  command->add_option("--data", options->data, "the run's data, where it was moved")
      ->allow_extra_args(false)
      ->type_name("[NAME=]FILE");
  command->footer(export_notes);
  return {command, SerialTask([options] { return export_cells(*options); })};
}

}  // namespace cplae::apps
