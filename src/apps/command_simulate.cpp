#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "commands.hpp"
#include "cplae/core/error.hpp"
#include "cplae/data/simulate.hpp"
#include "cplae/data/write.hpp"
#include "inputs.hpp"

namespace cplae::apps {

namespace {

constexpr const char* examples = R"(The cohort has labels (obs columns leaf and family), the tree of its types
(uns/taxonomy) and the latents it was made from (obsm/X_true).

Examples:
  cplae simulate --preset demo --seed 1 --out cohort.h5mu
  cplae simulate --preset tiny --modalities 3 --lack 0.2 --out three.h5mu)";

struct SimulateArguments {
  std::string preset;
  std::int64_t seed = 0;
  std::filesystem::path out;
  std::size_t modalities = 2;
  std::optional<std::int64_t> cells;
  double lack = 0;
  bool counts = false;
  bool force = false;
};

constexpr std::int64_t most_cells = 10'000'000;

void check_numbers(const SimulateArguments& options) {
  // The parser gives the largest number for any beyond it.
  constexpr std::int64_t beyond = std::numeric_limits<std::int64_t>::max();
  if (options.seed < 0 || options.seed == beyond)
    throw UsageError("--seed " + std::to_string(options.seed) + ": expected a number from 0 to " +
                     std::to_string(beyond - 1));
  if (options.cells && (*options.cells < 1 || *options.cells > most_cells))
    throw UsageError("--cells " + std::to_string(*options.cells) + ": expected 1 to " +
                     std::to_string(most_cells));
}

ExitCode simulate_cohort(const SimulateArguments& options) {
  check_numbers(options);
  data::SimulationSpec spec = data::preset(options.preset, options.modalities);
  if (options.cells) spec.cells = static_cast<std::size_t>(*options.cells);
  spec.lack = options.lack;
  spec.store_counts = options.counts;
  require_output({.path = options.out, .extension = ".h5mu", .replace = options.force});
  const data::Cohort cohort = data::simulate(spec, static_cast<std::uint64_t>(options.seed));
  data::write_h5mu(cohort.dataset, options.out, {.obsm = {{"X_true", cohort.latent_truth}}});
  std::cout << options.out.string() << ": " << describe(cohort.dataset) << "; " << cohort.type_labels.size()
            << " types; seed " << options.seed << "\n";
  return ExitCode::done;
}

}  // namespace

Command add_simulate(CLI::App& program) {
  const auto options = std::make_shared<SimulateArguments>();
  CLI::App* command = program.add_subcommand("simulate", "make a cohort whose truth is known");
  command->add_option("--preset", options->preset, "tiny (240 cells), demo (900) or paper (3,411)")
      ->required()
      ->type_name("NAME");
  command->add_option("--out", options->out, "the .h5mu file to write")->required()->type_name("FILE");
  command->add_option("--seed", options->seed, "the same seed gives the same cohort (default 0)")
      ->type_name("NUMBER");
  command
      ->add_option("--modalities", options->modalities,
                   "how many, 1 to 6: T, E, M, A, B, C in this order (default 2)")
      ->type_name("K");
  command->add_option("--cells", options->cells, "another number of cells than the preset's")->type_name("N");
  command->add_option("--lack", options->lack, "chance that a cell lacks a modality (default 0)")
      ->type_name("P");
  command->add_flag("--counts", options->counts,
                    "raw counts in T in place of log_e(CPM + 1): study key transform = \"log_cpm\"");
  command->add_flag("--force", options->force, "replace an existing file");
  command->footer(examples);
  return {command, SerialTask([options] { return simulate_cohort(*options); })};
}

}  // namespace cplae::apps
