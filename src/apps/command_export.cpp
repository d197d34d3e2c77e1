#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "choose_network.hpp"
#include "commands.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/write.hpp"
#include "inputs.hpp"
#include "latents_table.hpp"
#include "run_record.hpp"
#include "whole_results.hpp"

namespace cplae::apps {

namespace {

namespace fs = std::filesystem;

constexpr const char* export_notes =
    R"(An .h5mu is a copy of the run's data with the latents of one network as
obsm/X_cplae_<modality>, for all cells and in each modality; a .csv has one row a
cell: its labels, then z_<modality>_0 and so on. An existing file is replaced.
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
  const auto sources = options.data.empty() ? record.sources : parse_sources(options.data);
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

/// Row in the run's latents of each cell of the data; none for cells that the study did not use.
std::vector<std::optional<Eigen::Index>> rows_of(const std::vector<std::string>& cells,
                                                 const store::ResultsReader& results) {
  std::unordered_map<std::string, Eigen::Index> row_of;
  for (const auto& cell : results.cells())
    row_of.emplace(cell, static_cast<Eigen::Index>(row_of.size()));
  std::vector<std::optional<Eigen::Index>> rows;
  for (const auto& cell : cells) {
    const auto found = row_of.find(cell);
    rows.push_back(found == row_of.end() ? std::nullopt : std::optional(found->second));
  }
  return rows;
}

/// Latents of all cells of the data, NaN where there are none.
std::vector<data::Embedding> embeddings_of(const store::ResultsReader& results, const study::Network& network,
                                           const std::vector<std::string>& cells) {
  const auto rows = rows_of(cells, results);
  std::vector<data::Embedding> embeddings;
  for (const auto& modality : results.study().base.modalities) {
    const MatrixF latents = results.latents(network, modality.name);
    MatrixF values = MatrixF::Constant(static_cast<Eigen::Index>(cells.size()), latents.cols(),
                                       std::numeric_limits<float>::quiet_NaN());
    for (std::size_t cell = 0; cell < rows.size(); ++cell)
      if (rows[cell]) values.row(static_cast<Eigen::Index>(cell)) = latents.row(*rows[cell]);
    embeddings.push_back({study::source_name(modality), modality.name, std::move(values)});
  }
  return embeddings;
}

void write_h5mu_copy(const std::vector<data::Source>& sources, const data::Dataset& dataset,
                     const std::vector<data::Embedding>& embeddings, const fs::path& path) {
  std::vector<fs::path> paths;
  std::vector<std::string> names;
  for (const auto& source : sources) {
    paths.push_back(source.path);
    names.push_back(source.name.empty() ? source.path.stem().string() : source.name);
  }
  data::write_with_embeddings(paths, names, dataset, embeddings, path);
}

ExitCode export_latents(const ExportArguments& options) {
  const store::RunFolder folder{fs::path(options.run)};
  const RunRecord record = read_run_record(folder);
  const auto sources = find_data(options, record);
  check_target(options, sources);
  const store::ResultsReader results = open_whole_results(folder);
  const ChosenNetwork chosen = choose_network(results, wish_of(options));
  const data::Dataset dataset = read_data(sources, study::source_names(results.study()));
  const auto embeddings = embeddings_of(results, chosen.network, dataset.cells);
  if (options.to.extension() == ".csv")
    write_latents_table(dataset, embeddings, options.to);
  else
    write_h5mu_copy(sources, dataset, embeddings, options.to);
  std::cout << options.to.string() << ": latents of network " << chosen.network.id
            << " (loss on held-out cells " << number_text(static_cast<float>(chosen.validation_loss))
            << ")\n";
  return ExitCode::done;
}

}  // namespace

Command add_export(CLI::App& program) {
  const auto options = std::make_shared<ExportArguments>();
  CLI::App* command = program.add_subcommand("export", "add a network's latents to the cells");
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
  command->add_option("--data", options->data, "the run's data, where it was moved")
      ->allow_extra_args(false)
      ->type_name("[NAME=]FILE");
  command->footer(export_notes);
  return {command, SerialTask([options] { return export_latents(*options); })};
}

}  // namespace cplae::apps
