#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "cplae/core/text.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/store/open_run.hpp"
#include "cplae/study/parse.hpp"
#include "figures.hpp"
#include "inspect_run.hpp"
#include "run_record.hpp"

namespace cplae::apps {

namespace {

namespace fs = std::filesystem;

constexpr const char* status_notes =
    R"(Looks at the run folder only, so it can be asked from anywhere and at any time.
A network counts as running from its first checkpoint on; whether a run is still
at work shows in the time of its last progress.

Example:
  cplae status demo_run)";

/// Units of one kind, by what became of them.
struct Tally {
  std::size_t all = 0;
  std::size_t done = 0;
  std::vector<std::string> running;  ///< id and step
  std::vector<std::string> failed;   ///< id and reason
  double seconds = 0;                ///< of training, over the finished networks
  [[nodiscard]] std::size_t left() const { return all - done - failed.size() - running.size(); }
};

std::optional<std::int64_t> checkpoint_step(const store::UnitStore& units, const std::string& network) {
  const auto record = read_record(units.folder().checkpoint(network), "checkpoint");
  if (!record) return std::nullopt;
  const auto identity = record->text.find("identity");
  if (identity == record->text.end() || identity->second != units.identity()) return std::nullopt;
  const auto found = record->arrays.find("steps");
  if (found == record->arrays.end()) return std::nullopt;
  const auto* steps = std::get_if<std::vector<std::int64_t>>(&found->second.values);
  return steps != nullptr && !steps->empty() ? std::optional(steps->front()) : std::nullopt;
}

Tally tally_networks(const study::Plan& plan, const store::UnitStore& units) {
  Tally tally{.all = plan.networks.size(), .running = {}, .failed = {}};
  for (const auto& network : plan.networks) {
    if (const auto record = units.read(store::UnitKind::network, network.id)) {
      const auto result = store::to_network_unit(*record).result;
      tally.seconds += result.seconds;
      if (result.finite)
        ++tally.done;
      else
        tally.failed.push_back(network.id + ": not finite before step " + std::to_string(result.failed_step));
    } else if (const auto step = checkpoint_step(units, network.id)) {
      const auto steps = plan.variants.at(network.variant.index()).spec.training.steps;
      tally.running.push_back(network.id + ": checkpoint at step " + std::to_string(*step) + " of " +
                              std::to_string(steps));
    }
  }
  return tally;
}

Tally tally_statistics(const study::Study& study, const study::Plan& plan, const store::UnitStore& units) {
  Tally tally{.all = 0, .running = {}, .failed = {}};
  for (const auto& unit : reduce::list_units(names_only(study, plan))) {
    ++tally.all;
    const auto record = units.read(store::UnitKind::statistics, unit.id);
    // One of another version is computed again by the next start.
    if (!record || !reduce::is_of_this_version(*record)) continue;
    const std::string reason = reduce::failure(*record);
    if (reason.empty())
      ++tally.done;
    else
      tally.failed.push_back(unit.id + ": " + reason);
  }
  return tally;
}

/// Seconds since a unit or checkpoint was last written; none if there is none.
std::optional<double> seconds_since_progress(const store::RunFolder& folder) {
  std::optional<fs::file_time_type> last;
  for (const auto kind : {store::UnitKind::network, store::UnitKind::statistics}) {
    std::error_code error;
    for (fs::directory_iterator entry(folder.units(kind), error), end; !error && entry != end;
         entry.increment(error)) {
      const auto time = entry->last_write_time(error);
      if (!error && (!last || time > *last)) last = time;
    }
  }
  if (!last) return std::nullopt;
  return std::max(0.0, std::chrono::duration<double>(fs::file_time_type::clock::now() - *last).count());
}

std::string counts(const Tally& tally) {
  std::string text = grouped(tally.done) + " of " + grouped(tally.all) + " done";
  if (!tally.running.empty()) text += ", " + grouped(tally.running.size()) + " running";
  if (!tally.failed.empty()) text += ", " + grouped(tally.failed.size()) + " failed";
  return text + ", " + grouped(tally.left()) + " left\n";
}

std::string list(const std::string& heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string text = heading + "\n";
  for (const auto& line : lines)
    text += "  " + line + "\n";
  return text;
}

/// Empty while nothing is known, or nothing is left to train.
std::string time_left(const Tally& networks, int ranks) {
  const std::size_t finished = networks.done + networks.failed.size();
  const std::size_t open = networks.all - finished;
  if (finished == 0 || open == 0) return "";
  const double each = networks.seconds / static_cast<double>(finished);
  const double rounds = std::max(1.0, static_cast<double>(open) / ranks);
  return "training    " + duration_text(each) + " a network so far; about " + duration_text(each * rounds) +
         " left on " + std::to_string(ranks) + (ranks == 1 ? " rank\n" : " ranks\n");
}

std::string presence(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error) ? "written" : "not yet";
}

ExitCode print_status(const std::string& run) {
  const store::RunFolder folder{fs::path(run)};
  const RunRecord record = read_run_record(folder);
  const study::Study study = read_run_study(folder);
  const study::Plan plan = study::make_plan(study);
  const store::UnitStore units(folder, store::recorded_identity(folder));
  const Tally networks = tally_networks(plan, units);
  const Tally statistics = tally_statistics(study, plan, units);
  const auto since = seconds_since_progress(folder);
  std::cout << "run " << run << ": study " << study.name << ", last started " << record.started << " on "
            << record.ranks << (record.ranks == 1 ? " rank\n" : " ranks\n") << "networks    "
            << counts(networks) << time_left(networks, record.ranks) << "results.h5  "
            << presence(folder.results()) << "\nstatistics  " << counts(statistics) << "tables      "
            << presence(folder.tables() / "summary.csv") << "\nprogress    "
            << (since ? "last " + duration_text(*since) + " ago" : "none yet") << "\n"
            << list("running networks:", networks.running) << list("failed networks:", networks.failed)
            << list("statistics without a result:", statistics.failed);
  return ExitCode::done;
}

}  // namespace

Command add_status(CLI::App& program) {
  const auto run = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("status", "what of a run is done, running, failed or left");
  command->add_option("RUN", *run, "a run folder")->required()->type_name("");
  command->footer(status_notes);
  return {command, SerialTask([run] { return print_status(*run); })};
}

}  // namespace cplae::apps
