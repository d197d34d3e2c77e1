#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>

#include "apps/bench/bench_commands.hpp"
#include "apps/bench/gathered.hpp"
#include "apps/bench/io_case.hpp"
#include "apps/bench/line.hpp"
#include "apps/bench/plain_file.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/stopwatch.hpp"
#include "cplae/dist/share.hpp"
#include "cplae/store/read_results.hpp"
#include "cplae/train/state.hpp"

namespace cplae::apps::bench {

namespace {

namespace fs = std::filesystem;

constexpr const char* io_notes =
    R"(Writes and reads what a run of the paper's shape leaves, with numbers drawn instead of
trained: unit files, checkpoints and results.h5, by all ranks at once, in a folder that is
made for it and removed. The floor is one plain file a rank, of as many bytes, written and
flushed, or read, in the same folder. What was just written is read from the cache.

Examples:
  cplae bench io --out /scratch/me --networks 20 --json
  mpirun -n 2 cplae bench io --out /scratch/me --networks 20)";

struct IoArguments {
  std::string out = ".";
  std::size_t networks = 8;
  std::size_t cells = 3411;
  bool json = false;
};

void check(const IoArguments& options) {
  require_at_least("--networks", options.networks, 1);
  require_at_least("--cells", options.cells, 1);
  std::error_code error;
  if (!fs::is_directory(options.out, error))
    throw UsageError("--out " + options.out + ": there is no such folder");
}

/// All that a checkpoint of this network holds.
train::State state_of(const store::NetworkUnit& unit) {
  const train::Result& result = unit.result;
  train::State state;
  state.step = result.steps;
  state.now.weights = result.weights;
  state.now.first_moment = result.weights.parameters;
  state.now.second_moment = result.weights.parameters;
  state.now.term_sums.assign(static_cast<std::size_t>(result.losses.cols() / 2), 0.0);
  state.best_weights = result.weights;
  state.losses.assign(result.losses.data(), result.losses.data() + result.losses.size());
  return state;
}

class IoBench {
public:
  IoBench(const dist::Communicator& world, const IoArguments& options)
      : world_(world),
        options_(options),
        case_(options.networks, options.cells),
        scratch_(world, options.out),
        units_(store::RunFolder(scratch_.path())) {
    const auto& networks = case_.plan().networks;
    const auto mine = dist::contiguous_block(networks.size(), world.size(), Rank(world.rank()));
    for (std::size_t n = mine.begin; n < mine.end; ++n)
      mine_.push_back(case_.unit(networks[n]));
    dist::agree(world, [&] {
      if (world.is_root()) make_folder(units_.folder().units(store::UnitKind::network));
    });
  }

  ExitCode run() {
    const auto is_unit = [this](const std::string& id) {
      return units_.folder().unit(store::UnitKind::network, id);
    };
    const auto is_checkpoint = [this](const std::string& id) { return units_.folder().checkpoint(id); };
    measure(
        "write_units", [this] { write_units(); }, [&] { return bytes_of(is_unit); });
    measure(
        "read_units", [this] { read_units(); }, [&] { return bytes_of(is_unit); });
    measure(
        "write_checkpoints", [this] { write_checkpoints(); }, [&] { return bytes_of(is_checkpoint); });
    measure(
        "read_checkpoints", [this] { read_checkpoints(); }, [&] { return bytes_of(is_checkpoint); });
    measure(
        "write_results", [this] { store::write_results(world_, case_.results_input(units_)); },
        [this] { return results_bytes(); });
    measure(
        "read_results", [this] { read_results(); }, [this] { return results_bytes(); });
    return ExitCode::done;
  }

private:
  void write_units() const {
    for (const auto& unit : mine_)
      units_.write(store::UnitKind::network, unit.id, store::to_record(unit));
  }

  void read_units() const {
    for (const auto& unit : mine_)
      static_cast<void>(store::to_network_unit(units_.read_awaited(store::UnitKind::network, unit.id)));
  }

  void write_checkpoints() const {
    for (const auto& unit : mine_)
      train::write_checkpoint(units_.folder().checkpoint(unit.id), {unit.id, ""}, state_of(unit));
  }

  void read_checkpoints() const {
    for (const auto& unit : mine_) {
      train::State state = state_of(unit);
      if (!train::read_checkpoint(units_.folder().checkpoint(unit.id), {unit.id, ""}, state))
        throw IoError(units_.folder().checkpoint(unit.id).string() + ": is not what was written to it");
    }
  }

  /// Every rank reads the replicates that it has drawn.
  void read_results() const {
    const store::ResultsReader reader(units_.folder().results());
    const auto& networks = reader.plan().networks;
    const auto mine = dist::contiguous_block(networks.size(), world_.size(), Rank(world_.rank()));
    for (std::size_t n = mine.begin; n < mine.end; ++n) {
      static_cast<void>(reader.weights(networks[n]));
      static_cast<void>(reader.split(networks[n]));
      for (const auto& modality : reader.study().base.modalities)
        static_cast<void>(reader.latents(networks[n], modality.name));
    }
  }

  [[nodiscard]] double bytes_of(const std::function<fs::path(const std::string&)>& path) const {
    double bytes = 0;
    for (const auto& unit : mine_)
      bytes += static_cast<double>(fs::file_size(path(unit.id)));
    return bytes;
  }

  /// This rank's part of the file.
  [[nodiscard]] double results_bytes() const {
    return static_cast<double>(fs::file_size(units_.folder().results())) * static_cast<double>(mine_.size()) /
           static_cast<double>(options_.networks);
  }

  /// Seconds until the last rank is done.
  [[nodiscard]] double timed(const std::function<void()>& work) const {
    world_.barrier();
    const Stopwatch clock;
    double seconds = 0;
    dist::agree(world_, [&] {
      work();
      seconds = clock.seconds();
    });
    const auto of_ranks = gather_numbers(world_, seconds);
    return *std::max_element(of_ranks.begin(), of_ranks.end());
  }

  void measure(const std::string& operation, const std::function<void()>& work,
               const std::function<double()>& bytes_of_rank) {
    const double seconds = timed(work);
    const double mine = bytes_of_rank();
    const double floor_seconds = timed([&] { plain(operation.starts_with("write"), mine); });
    const auto of_ranks = gather_numbers(world_, mine);
    if (world_.is_root())
      print(operation, std::accumulate(of_ranks.begin(), of_ranks.end(), 0.0), {seconds, floor_seconds});
  }

  /// A rank reads what it wrote the last time, which is as many bytes.
  void plain(bool is_write, double bytes) const {
    const fs::path path = scratch_.path() / ("plain_" + std::to_string(world_.rank()));
    const auto size = static_cast<std::size_t>(bytes);
    if (is_write)
      plain_write(path, size);
    else
      plain_read(path, size);
  }

  struct Times {
    double seconds;
    double floor_seconds;
  };
  void print(const std::string& operation, double bytes, const Times& times) const {
    const double rate = bytes / times.seconds / 1e6;
    const double floor = bytes / times.floor_seconds / 1e6;
    if (!options_.json) {
      std::printf("io %s: %d rank(s), %zu networks, %.3g MB in %.3g s: %.4g MB/s (plain file: %.4g MB/s)\n",
                  operation.c_str(), world_.size(), options_.networks, bytes / 1e6, times.seconds, rate,
                  floor);
      std::fflush(stdout);
      return;
    }
    Line line("io");
    line.text("operation", operation)
        .text("device", "cpu")
        .integer("threads", 1)
        .integer("ranks", world_.size())
        .count("networks", options_.networks)
        .count("cells", options_.cells)
        .number("bytes", bytes)
        .number("seconds", times.seconds)
        .number("mb_per_second", rate)
        .number("floor_mb_per_second", floor)
        .number("fraction_of_floor", rate / floor);
    std::cout << line.json() << std::endl;
  }

  const dist::Communicator& world_;
  const IoArguments& options_;
  IoCase case_;
  ScratchFolder scratch_;
  store::UnitStore units_;
  std::vector<store::NetworkUnit> mine_;
};

ExitCode run_io(const dist::Session& session, const IoArguments& options) {
  const dist::Communicator world = session.world();
  log::set_rank(world.rank(), world.size());
  dist::agree(world, [&] { check(options); });
  return IoBench(world, options).run();
}

}  // namespace

Command add_io(CLI::App& parent) {
  const auto options = std::make_shared<IoArguments>();
  CLI::App* command = parent.add_subcommand("io", "writing and reading of what a run leaves");
  command
      ->add_option("--out", options->out,
                   "the folder to write in, e.g. where runs go (default: the current one)")
      ->type_name("FOLDER");
  command->add_option("--networks", options->networks, "networks whose files are written (default 8)")
      ->type_name("N");
  command->add_option("--cells", options->cells, "cells of their latents (default 3411)")->type_name("C");
  command->add_flag("--json", options->json, "one JSON object a line");
  command->footer(io_notes);
  return {command,
          ParallelTask{[options](const dist::Session& session) { return run_io(session, *options); }}};
}

}  // namespace cplae::apps::bench
