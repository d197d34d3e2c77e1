#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "apps/bench/bench_commands.hpp"
#include "apps/bench/gathered.hpp"
#include "apps/bench/line.hpp"
#include "apps/bench/train_run.hpp"
#include "apps/device_request.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/ids.hpp"
#include "cplae/core/log.hpp"
#include "cplae/dist/share.hpp"

namespace cplae::apps::bench {

namespace {

constexpr const char* train_notes =
    R"(Makes a cohort in memory, steps its networks and prints one line for each number of
networks: network-steps a second, and the floor measured in the same run. Under mpirun
the networks are shared over the ranks, which step at the same time.

Examples:
  cplae bench train --shape paper --networks 1 --steps 500
  cplae bench train --shape demo --networks 1,2,4 --steps 200 --trainer reference --json
  mpirun -n 2 cplae bench train --shape paper --steps 500 --json
  cplae bench train --study jobs/sweep.toml --data cells.h5mu --steps 500)";

struct TrainArguments {
  CaseOptions made_of;
  TrainRun run;
  std::vector<std::int64_t> networks;
  std::string trainer = "auto";
  std::string precision = "fp32";
  std::string device = "auto";
  bool json = false;
};

study::Trainer trainer_of(const std::string& name) {
  static const std::map<std::string, study::Trainer> trainers{{"auto", study::Trainer::automatic},
                                                              {"fused", study::Trainer::fused},
                                                              {"reference", study::Trainer::reference}};
  const auto found = trainers.find(name);
  if (found == trainers.end())
    throw UsageError("--trainer: found '" + name + "', expected auto, fused or reference");
  return found->second;
}

study::Precision precision_of(const std::string& name) {
  if (name == "fp32") return study::Precision::fp32;
  if (name == "tf32") return study::Precision::tf32;
  throw UsageError("--precision: found '" + name + "', expected fp32 or tf32");
}

void check(const TrainArguments& options) {
  if (!options.networks.empty()) require_all_at_least("--networks", options.networks, 1);
  require_at_least("--steps", options.run.steps, 1);
  require_at_least("--warmup", options.run.warmup, 0);
  require_at_least("--repeats", options.run.repeats, 1);
  const CaseOptions& made_of = options.made_of;
  if (made_of.cells) require_at_least("--cells", *made_of.cells, 20);
  if (made_of.genes) require_at_least("--genes", *made_of.genes, 2);
  if (made_of.latent_dim) require_at_least("--latent-dim", *made_of.latent_dim, 1);
  if (made_of.batch) require_at_least("--batch", *made_of.batch, 2);
}

/// What the ranks measured together.
struct Measured {
  std::size_t together = 0;
  std::vector<double> seconds;  ///< [repeats] until the last rank was done
  double validation_seconds = 0;
};

class TrainBench {
public:
  TrainBench(const dist::Session& session, TrainArguments options)
      : world_(session.world()), options_(std::move(options)) {
    log::set_rank(world_.rank(), world_.size());
    const auto [local_rank, local_ranks] = world_.local_rank();
    const model::LocalRank here{local_rank, local_ranks};
    dist::agree(world_, [&] {
      check(options_);
      options_.made_of.trainer = trainer_of(options_.trainer);
      options_.made_of.precision = precision_of(options_.precision);
      device_ = model::choose_device(device_request(options_.device), here);
      case_.emplace(options_.made_of);
      kind_ = engine::choose_kind(case_->spec(), device_);
    });
    if (options_.networks.empty()) options_.networks = {world_.size()};
  }

  ExitCode run() {
    const double memory_rate = measure_floor(world_, device_, true).memory_rate;
    for (const std::int64_t networks : options_.networks) {
      Floor floor = measure_floor(world_, device_, false);
      // Products of large layers are on tensor cores, the others are not: neither sheet is the floor.
      if (case_->spec().training.precision == study::Precision::tf32) floor.peak_gflops = 0;
      floor.memory_rate = memory_rate;
      const Measured measured = measure(static_cast<std::size_t>(networks));
      if (world_.is_root()) print(static_cast<std::size_t>(networks), floor, measured);
    }
    return ExitCode::done;
  }

private:
  Measured measure(std::size_t networks) {
    const dist::Block mine = dist::contiguous_block(networks, world_.size(), Rank(world_.rank()));
    TrainRun run = options_.run;
    run.first = mine.begin;
    run.last = mine.end;
    TrainTimes times;
    world_.barrier();
    dist::agree(world_, [&] { times = time_training(*case_, run, device_); });
    Measured all;
    for (const double seconds : times.seconds) {
      const auto of_ranks = gather_numbers(world_, seconds);
      all.seconds.push_back(*std::max_element(of_ranks.begin(), of_ranks.end()));
    }
    all.together = times.together;
    all.validation_seconds = times.validation_seconds;
    return all;
  }

  void print(std::size_t networks, const Floor& floor, const Measured& measured) const {
    const Spread seconds = spread_of(measured.seconds);
    const double network_steps = static_cast<double>(networks) * static_cast<double>(options_.run.steps);
    const double rate = network_steps / seconds.best;
    const double gflops = rate * case_->cost().flop_per_step / 1e9;
    if (!options_.json) return print_text(networks, floor, {rate, network_steps / seconds.median, gflops});
    Line line = described(networks, floor, measured.together);
    line.number("seconds", seconds.best)
        .number("seconds_median", seconds.median)
        .number("steps_per_second", rate)
        .number("steps_per_second_median", network_steps / seconds.median)
        .number("milliseconds_per_step", 1e3 / rate)
        .number("milliseconds_per_validation", 1e3 * measured.validation_seconds)
        .number("gflop_per_step", case_->cost().flop_per_step / 1e9)
        .number("gbyte_per_step", case_->cost().bytes_per_step / 1e9)
        .number("gflops", gflops);
    if (floor.peak_gflops > 0)
      line.number("peak_gflops", floor.peak_gflops).number("fraction_of_peak", gflops / floor.peak_gflops);
    if (!floor.instructions.empty()) line.text("peak_instructions", floor.instructions);
    if (floor.memory_rate > 0) line.number("memory_gb_per_second", floor.memory_rate);
    std::cout << line.json() << std::endl;
  }

  /// What was measured: the part of the line that is known beforehand.
  Line described(std::size_t networks, const Floor& floor, std::size_t together) const {
    const auto& training = case_->spec().training;
    Line line("train");
    line.text("device", model::describe(device_))
        .text("device_name", floor.name)
        .count("devices", floor.devices)
        .integer("threads", 1)
        .integer("ranks", world_.size())
        .text("trainer", engine::kind_name(kind_))
        .text("precision", options_.precision)
        .text("shape", case_->name())
        .count("cells", case_->context().cells.size())
        .counts("features", case_->features())
        .count("modalities", case_->features().size())
        .integer("latent_dim", training.latent_dim)
        .integer("batch", training.batch)
        .count("parameters", case_->cost().parameters)
        .count("networks", networks)
        .count("together", together)
        .integer("steps", options_.run.steps)
        .integer("warmup", options_.run.warmup)
        .integer("repeats", options_.run.repeats);
    return line;
  }

  struct Rates {
    double best;
    double median;
    double gflops;
  };
  void print_text(std::size_t networks, const Floor& floor, const Rates& rates) const {
    std::printf(
        "train %s: %zu network(s), %s, %d rank(s), %s: %.0f network-steps/s (median %.0f), %.3g ms a step, ",
        case_->name().c_str(), networks, model::describe(device_).c_str(), world_.size(),
        engine::kind_name(kind_).c_str(), rates.best, rates.median, 1e3 / rates.best);
    if (floor.peak_gflops > 0)
      std::printf("%.3g of %.3g GFLOP/s (%.0f %%)\n", rates.gflops, floor.peak_gflops,
                  1e2 * rates.gflops / floor.peak_gflops);
    else
      std::printf("%.3g GFLOP/s\n", rates.gflops);
    std::fflush(stdout);
  }

  dist::Communicator world_;
  TrainArguments options_;
  model::Device device_;
  engine::Kind kind_{};
  std::optional<TrainCase> case_;
};

void add_case_options(CLI::App& command, CaseOptions& made_of) {
  command
      .add_option("--shape", made_of.shape,
                  "paper, demo or motor_cortex: data simulated in memory (default paper)")
      ->type_name("NAME");
  command.add_option("--study", made_of.study, "a study in place of a shape: its networks without vary")
      ->type_name("STUDY");
  command.add_option("--data", made_of.data, "of the study, as for cplae run")
      ->allow_extra_args(false)
      ->type_name("[NAME=]FILE");
  command.add_option("--cells", made_of.cells, "another number of cells than the shape's")->type_name("C");
  command.add_option("--genes", made_of.genes, "another number of features of T")->type_name("G");
  command
      .add_option("--modalities", made_of.modalities, "1 to 6; those after the first are like E (default 2)")
      ->type_name("K");
  command.add_option("--latent-dim", made_of.latent_dim, "another latent size")->type_name("D");
  command.add_option("--batch", made_of.batch, "another batch size")->type_name("B");
}

}  // namespace

Command add_train(CLI::App& parent) {
  const auto options = std::make_shared<TrainArguments>();
  CLI::App* command = parent.add_subcommand("train", "training steps a second");
  add_case_options(*command, options->made_of);
  command
      ->add_option("--networks", options->networks, "numbers of networks, one line each (default one a rank)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("N,...");
  command->add_option("--steps", options->run.steps, "steps that are timed, of each network (default 200)")
      ->type_name("N");
  command->add_option("--warmup", options->run.warmup, "steps before (default 20)")->type_name("W");
  command
      ->add_option("--repeats", options->run.repeats,
                   "times the steps are timed; the best counts (default 3)")
      ->type_name("R");
  command->add_option("--trainer", options->trainer, "auto, fused or reference (default auto)")
      ->type_name("NAME");
  command->add_option("--precision", options->precision, "fp32, or tf32 on a GPU (default fp32)")
      ->type_name("NAME");
  command->add_option("--device", options->device, "auto, cpu or cuda (default auto)")->type_name("NAME");
  command->add_flag("--json", options->json, "one JSON object a line");
  command->footer(train_notes);
  return {command, ParallelTask{[options](const dist::Session& session) {
            return TrainBench(session, *options).run();
          }}};
}

}  // namespace cplae::apps::bench
