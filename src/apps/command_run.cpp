#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"
#include "device_request.hpp"
#include "inputs.hpp"
#include "run_study.hpp"

namespace cplae::apps {

namespace {

constexpr const char* notes =
    R"(Run again with the same arguments to go on where an earlier run stopped: only what
is missing is done, and the results are the same to the bit. `cplae plan` says
beforehand what a study costs, `cplae status RUN` how far it is.

Examples:
  mpirun -n 2 cplae run jobs/demo.toml --data cohort.h5mu --out demo_run
  cplae run study.toml --data T=genes.h5ad --data E=ephys.h5ad --out my_run
  cplae run study.toml --data d.h5mu --out quick --set training.steps=2000 \
      --set experiment.cross_validation.folds=5)";

struct Options {
  std::string study;
  std::vector<std::string> data;
  std::string out;
  std::vector<std::string> overrides;
  std::string device = "auto";
  bool retrain = false;
  bool quiet = false;
  std::string command_line;
};

ExitCode run(const dist::Session& session, const Options& options, Stage stage) {
  const dist::Communicator world = session.world();
  log::set_rank(world.rank(), world.size());
  if (options.quiet) log::set_level(log::Level::warning);
  RunOptions parsed{.study = options.study,
                    .data = {},
                    .out = options.out,
                    .overrides = options.overrides,
                    .retrain = options.retrain,
                    .command_line = options.command_line};
  dist::agree(world, [&] {
    parsed.device = device_request(options.device);
    require_file(parsed.study, "study");
    parsed.data = parse_sources(options.data);
  });
  return run_study(session, parsed, stage);
}

struct StageWords {
  Stage stage;
  std::string name;
  std::string meaning;
};

Command add_stage(CLI::App& program, const StageWords& words, const std::string& command_line) {
  const auto options = std::make_shared<Options>();
  options->command_line = command_line;
  CLI::App* command = program.add_subcommand(words.name, words.meaning);
  command->add_option("STUDY", options->study, "the study, a TOML file (its keys: cplae help keys)")
      ->required()
      ->type_name("");
  command
      ->add_option("--data", options->data,
                   "an .h5mu file, or an .h5ad file for each modality, then once for each")
      ->required()
      ->allow_extra_args(false)
      ->type_name("[NAME=]FILE");
  command->add_option("--out", options->out, "the run folder: made, or gone on with")
      ->required()
      ->type_name("RUN");
  command->add_option("--set", options->overrides, "change a key of the study by its path; repeatable")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command
      ->add_option("--device", options->device, "auto, cpu or cuda (default auto: a GPU where there is one)")
      ->type_name("NAME");
  if (words.stage == Stage::everything || words.stage == Stage::train)
    command->add_flag("--retrain", options->retrain,
                      "train all again where results.h5 is there but work/ is gone");
  command->add_flag("--quiet", options->quiet, "no progress, warnings only");
  command->footer(notes);
  return {command, ParallelTask([options, stage = words.stage](const dist::Session& session) {
            return run(session, *options, stage);
          })};
}

}  // namespace

std::vector<Command> add_run_commands(CLI::App& program, const std::string& command_line) {
  const std::vector<StageWords> stages = {
      {Stage::everything, "run", "train, evaluate and write all tables of a study"},
      {Stage::train, "train", "the first part of run: networks and results.h5"},
      {Stage::evaluate, "evaluate", "the second part: statistics of the trained networks"},
      {Stage::reduce, "reduce", "the last part: tables of the finished statistics"}};
  std::vector<Command> commands;
  for (const auto& words : stages)
    commands.push_back(add_stage(program, words, command_line));
  return commands;
}

}  // namespace cplae::apps
