#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <ratio>
#include <string>
#include <system_error>
#include <vector>

#include "commands.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"
#include "device_request.hpp"
#include "inputs.hpp"
#include "make_report.hpp"
#include "run_study.hpp"

namespace cplae::apps {

namespace {

constexpr const char* run_notes =
    R"(Run again with the same arguments to go on where an earlier run stopped: only what
is missing is done, and the results are the same to the bit. `cplae plan` says
beforehand what a study costs, `cplae status RUN` how far it is.

Examples:
  mpirun -n 2 cplae run jobs/demo.toml --data cohort.h5mu --out demo_run
  cplae run study.toml --data T=genes.h5ad --data E=ephys.h5ad --out my_run
  cplae run study.toml --data d.h5mu --out quick --set training.steps=2000 \
      --set experiment.cross_validation.folds=5)";

struct RunArguments {
  std::string study;
  std::vector<std::string> data;
  std::string out;
  std::vector<std::string> overrides;
  std::string device = "auto";
  std::optional<double> max_minutes;
  std::optional<double> stop_at;
  double wait_for_lock = 0;
  bool overwrite = false;
  bool quiet = false;
  bool no_report = false;
  std::string command_line;
  bool wants_report = false;  ///< of rank 0, once the tables are written
};

/// For the parser: what is wrong with a number of minutes or seconds; empty if nothing is.
std::string refuse_time(const std::string& text, const std::string& unit, std::int64_t longest) {
  double time = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, time);
  if (read.ec == std::errc() && read.ptr == end && time >= 0 && time <= static_cast<double>(longest))
    return "";
  return "found '" + text + "', expected " + unit + ", 0 to " + std::to_string(longest);
}

std::string refuse_minutes(const std::string& text) {
  return refuse_time(text, "minutes", 60 * 24 * 365);
}

std::string refuse_seconds(const std::string& text) {
  return refuse_time(text, "seconds", 60 * 60 * 24);
}

std::string refuse_moment(const std::string& text) {
  constexpr std::int64_t year_10000 = 253402300800;
  return refuse_time(text, "seconds since 1970", year_10000);
}

/// The shorter of what the command line gives.
std::optional<std::chrono::duration<double>> time_left(const RunArguments& options) {
  using Seconds = std::chrono::duration<double>;
  std::optional<Seconds> left;
  if (options.max_minutes) left = std::chrono::duration<double, std::ratio<60>>(*options.max_minutes);
  if (!options.stop_at) return left;
  const Seconds now = std::chrono::system_clock::now().time_since_epoch();
  const Seconds until = std::max(Seconds(0), Seconds(*options.stop_at) - now);
  return left ? std::min(*left, until) : until;
}

bool writes_tables(Stage stage) {
  return stage == Stage::everything || stage == Stage::reduce;
}

ExitCode run(const dist::Session& session, RunArguments& options, Stage stage) {
  const dist::Communicator world = session.world();
  log::set_rank(world.rank(), world.size());
  if (options.quiet) log::set_level(log::Level::warning);
  RunOptions parsed{.study = options.study,
                    .data = {},
                    .out = options.out,
                    .overrides = options.overrides,
                    .overwrite = options.overwrite,
                    .lock_patience = std::chrono::duration<double>(options.wait_for_lock),
                    .longest = time_left(options),
                    .command_line = options.command_line};
  dist::agree(world, [&] {
    if (options.out.empty()) throw UsageError("--out: is empty, expected a folder");
    parsed.device = device_request(options.device);
    require_file(parsed.study, "study");
    parsed.data = parse_sources(options.data);
  });
  const ExitCode code = run_study(session, parsed, stage);
  options.wants_report = writes_tables(stage) && world.is_root() && !options.no_report;
  return code;
}

struct StageWords {
  Stage stage;
  std::string name;
  std::string meaning;
};

Command add_stage(CLI::App& program, const StageWords& words, const std::string& command_line) {
  const auto options = std::make_shared<RunArguments>();
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
  command
      ->add_option("--max-minutes", options->max_minutes,
                   "stop after so long with exit 75, as on a signal: for time limits of batch jobs")
      ->check(refuse_minutes)
      ->type_name("M");
  command
      ->add_option("--stop-at", options->stop_at,
                   "stop so at a time, in seconds since 1970: whatever the start takes, it counts")
      ->check(refuse_moment)
      ->type_name("TIME");
  command
      ->add_option("--wait-for-lock", options->wait_for_lock,
                   "seconds to wait for another run in the folder, then exit 75 (default 0: exit 2)")
      ->check(refuse_seconds)
      ->type_name("S");
  if (words.stage == Stage::everything || words.stage == Stage::train)
    command->add_flag("--overwrite", options->overwrite,
                      "remove an earlier run in the folder, of whatever study, and begin anew");
  if (writes_tables(words.stage))
    command->add_flag("--no-report", options->no_report, "make no RUN/report.html at the end");
  command->add_flag("--quiet", options->quiet, "no progress, warnings only");
  command->footer(run_notes);
  return {command, ParallelTask{.collective =
                                    [options, stage = words.stage](const dist::Session& session) {
                                      return run(session, *options, stage);
                                    },
                                .afterwards =
                                    [options] {
                                      if (options->wants_report) make_report(options->out);
                                    }}};
}

}  // namespace

std::vector<Command> add_run_commands(CLI::App& program, const std::string& command_line) {
  const std::vector<StageWords> stages = {
      {Stage::everything, "run", "train, evaluate, write all tables of a study and its report"},
      {Stage::train, "train", "the first part of run: networks and results.h5"},
      {Stage::evaluate, "evaluate", "the second part: statistics of the trained networks"},
      {Stage::reduce, "reduce", "the last part: tables of the finished statistics, and the report"}};
  std::vector<Command> commands;
  for (const auto& words : stages)
    commands.push_back(add_stage(program, words, command_line));
  return commands;
}

}  // namespace cplae::apps
