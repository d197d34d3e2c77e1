#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "bench/bench_commands.hpp"
#include "commands.hpp"

namespace cplae::apps {

std::vector<Command> add_bench(CLI::App& program) {
  CLI::App* parent = program.add_subcommand("bench", "measure training, mixtures or files on this machine");
  parent->require_subcommand(1);
  parent->footer(
      "Each prints its figures beside the floor that the same run has measured; docs/performance.md\n"
      "says how to read them. Help on one of them: cplae help bench train");
  return {bench::add_train(*parent), bench::add_gmm(*parent), bench::add_io(*parent)};
}

}  // namespace cplae::apps
