#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/import.hpp"
#include "cplae/data/write.hpp"
#include "inputs.hpp"

namespace cplae::apps {

namespace {

namespace fs = std::filesystem;

constexpr const char* mat_examples =
    R"(Reads T_dat with gene_id (modality T), E_pc_scaled with pc_name and E_feature
with feature_name (modality E), cluster (obs column) and sample_id (cell names).

Example:
  cplae import mat PS_v5_beta_0-4_pc_scaled_ipfx_eqTE.mat --out patchseq.h5mu)";

constexpr const char* csv_examples =
    R"(Tables are CSV or TSV, plain or gzip, with a header and the names of cells in the
first column; blank, NA and NaN are missing. A taxonomy has the columns label,
parent, height and leaf.

Example:
  cplae import csv --modality T=genes.csv.gz --transpose T --modality E=ephys.csv \
      --obs labels.csv --taxonomy tree.csv --out data.h5mu)";

struct MatOptions {
  fs::path file;
  fs::path out;
  bool force = false;
};

struct CsvOptions {
  std::vector<std::string> modalities;
  std::vector<std::string> transposed;
  std::string obs;
  std::string taxonomy;
  fs::path out;
  bool force = false;
};

ExitCode write(const data::Dataset& dataset, const fs::path& path) {
  data::write_h5mu(dataset, path);
  std::cout << path.string() << ": " << describe(dataset) << "\n";
  return ExitCode::done;
}

/// Tables of a foreign format that cannot be read are bad input.
template <class Read>
data::Dataset read_foreign(Read read) {
  try {
    return read();
  } catch (const IoError& error) {
    throw DataError(error.what());
  }
}

ExitCode import_mat(const MatOptions& options) {
  require_file(options.file, "MATLAB file");
  require_output({.path = options.out, .extension = ".h5mu", .replace = options.force});
  return write(read_foreign([&] { return data::read_mat(options.file); }), options.out);
}

data::CsvTables::Table parse_table(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == argument.size())
    throw UsageError("--modality '" + argument + "': expected NAME=FILE");
  return {.modality = argument.substr(0, equals), .path = argument.substr(equals + 1), .transposed = false};
}

data::CsvTables tables_of(const CsvOptions& options) {
  data::CsvTables tables;
  std::vector<std::string> names;
  for (const auto& argument : options.modalities) {
    tables.modalities.push_back(parse_table(argument));
    const auto& name = tables.modalities.back().modality;
    if (std::find(names.begin(), names.end(), name) != names.end())
      throw UsageError("--modality " + name + ": given twice, expected different names");
    names.push_back(name);
    require_file(tables.modalities.back().path, "table of modality " + name);
  }
  for (const auto& name : options.transposed) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      throw UsageError("--transpose " + name + ": no such --modality, expected one of " + join(names, ", "));
    tables.modalities[static_cast<std::size_t>(found - names.begin())].transposed = true;
  }
  if (!options.obs.empty()) {
    require_file(options.obs, "table of obs");
    tables.obs = options.obs;
  }
  if (!options.taxonomy.empty()) {
    require_file(options.taxonomy, "taxonomy");
    tables.taxonomy = options.taxonomy;
  }
  return tables;
}

ExitCode import_csv(const CsvOptions& options) {
  const data::CsvTables tables = tables_of(options);
  require_output({.path = options.out, .extension = ".h5mu", .replace = options.force});
  return write(read_foreign([&] { return data::read_csv(tables); }), options.out);
}

void add_output(CLI::App& command, fs::path& out, bool& force) {
  command.add_option("--out", out, "the .h5mu file to write")->required()->type_name("FILE");
  command.add_flag("--force", force, "replace an existing file");
}

Command add_import_mat(CLI::App& parent) {
  const auto options = std::make_shared<MatOptions>();
  CLI::App* command = parent.add_subcommand("mat", "the authors' MATLAB v5 file");
  command->add_option("FILE", options->file, "the .mat file")->required()->type_name("");
  add_output(*command, options->out, options->force);
  command->footer(mat_examples);
  return {command, SerialTask([options] { return import_mat(*options); })};
}

Command add_import_csv(CLI::App& parent) {
  const auto options = std::make_shared<CsvOptions>();
  CLI::App* command = parent.add_subcommand("csv", "tables of cells x features");
  command->add_option("--modality", options->modalities, "a table; once for each modality")
      ->required()
      ->allow_extra_args(false)
      ->type_name("NAME=FILE");
  command
      ->add_option("--transpose", options->transposed,
                   "the table of this modality is features x cells; once for each such table")
      ->allow_extra_args(false)
      ->type_name("NAME");
  command->add_option("--obs", options->obs, "a table of the cells' labels")->type_name("FILE");
  command->add_option("--taxonomy", options->taxonomy, "the tree of the cell types")->type_name("FILE");
  add_output(*command, options->out, options->force);
  command->footer(csv_examples);
  return {command, SerialTask([options] { return import_csv(*options); })};
}

}  // namespace

std::vector<Command> add_import(CLI::App& program) {
  CLI::App* parent = program.add_subcommand("import", "make an .h5mu of a MATLAB file or of tables");
  parent->require_subcommand(1);
  parent->footer("Help on one of them: cplae help import csv");
  return {add_import_mat(*parent), add_import_csv(*parent)};
}

}  // namespace cplae::apps
