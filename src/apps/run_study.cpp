#include "apps/run_study.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "apps/inputs.hpp"
#include "apps/leave.hpp"
#include "apps/run_inputs.hpp"
#include "apps/train_networks.hpp"
#include "apps/whole_results.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/stopwatch.hpp"
#include "cplae/core/text.hpp"
#include "cplae/reduce/tables.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/store/results.hpp"
#include "cplae/study/parse.hpp"

namespace cplae::apps {

namespace {

/// How long a rank that was told to stop, and has saved, waits for one that does not answer. Half of what
/// batch scripts keep in reserve, and more than passes between two looks of a working rank for a stop; where
/// one rank works for all without looking, nobody is hurried. CPLAE_STOP_PATIENCE_SECONDS is for tests.
std::chrono::duration<double> stop_patience() {
  constexpr std::chrono::seconds usual(60);
  constexpr double longest = 24 * 60 * 60;
  const char* named = std::getenv("CPLAE_STOP_PATIENCE_SECONDS");
  if (named == nullptr) return usual;
  char* end = nullptr;
  const double seconds = std::strtod(named, &end);
  const bool is_time = *named != 0 && *end == 0 && seconds > 0 && seconds <= longest;
  return is_time ? std::chrono::duration<double>(seconds) : usual;
}

class StudyRun {
public:
  StudyRun(const dist::Session& session, const RunOptions& options, Stage stage)
      : communicator_(session.world()),
        options_(options),
        stage_(stage),
        units_(store::RunFolder(options.out)) {
    if (options.longest) stop_.stop_after(*options.longest);
    bound_waits(session);
    read();
    if (stage == Stage::evaluate || stage == Stage::reduce)
      require_run();
    else
      keep_results();
    open();
  }

  ExitCode run() {
    inputs_->context.stop = [this] { return stop_.requested(); };
    const RunParts parts{communicator_, stop_, inputs_->context, units_};
    const Stage stage = stage_;
    if (stage == Stage::everything || stage == Stage::train) train(parts);
    if (stage == Stage::everything || stage == Stage::evaluate) evaluate(parts);
    if (stage == Stage::everything || stage == Stage::reduce) reduce_tables();
    return finish();
  }

private:
  /// Whoever waits has saved its share. The lowest rank comes first, so that one line is said by most.
  void bound_waits(const dist::Session& session) {
    const auto patience = stop_patience();
    const bool is_root = communicator_.is_root();
    stop_.give_up_after(is_root ? patience : patience * 1.1, [this, &session, patience] {
      const Outcome outcome = given_up(duration_text(patience.count()));
      report(outcome);
      session.abort(static_cast<int>(outcome.code));
    });
  }

  /// How the run ends where another rank never comes: as stopped, unless a failure was the reason.
  [[nodiscard]] Outcome given_up(const std::string& waited) const {
    Outcome outcome{ExitCode::stopped, "stopped as asked"};
    if (!stop_.why().empty()) outcome = unpacked(stop_.why());
    outcome.text += "; rank " + std::to_string(communicator_.rank()) +
                    ": another rank has not answered for " + waited +
                    ": all are ended; what was saved is kept, run the same command again to go on";
    return outcome;
  }

  void read() {
    dist::agree(communicator_, [&] { device_ = model::choose_device(options_.device, local_rank()); });
    study::Study study;
    dist::agree(
        communicator_, [&] { study = study::read_study(options_.study, options_.overrides); },
        "reading the study");
    SharedData data = read_shared_data(communicator_, options_.data, study::source_names(study));
    dist::agree(
        communicator_, [&] { inputs_ = make_inputs(std::move(study), std::move(data), device_.kind); },
        "preparing the data");
    const std::size_t unused = inputs_->context.unused_cells;
    if (unused > 0 && communicator_.is_root())
      log::info(std::to_string(unused) + " of " + std::to_string(unused + inputs_->context.cells.size()) +
                " cells of the data have none of the study's modalities and are left out");
    const auto& identity = inputs_->identity;
    dist::agree_same(
        communicator_,
        identity.study_toml + identity.data_sha256 + identity.taxonomy_sha256 + identity.device_kind,
        "study, data or kind of device");
  }

  model::LocalRank local_rank() const { return {local_.first, local_.second}; }

  /// The later stages go on from a run: without one nothing is written.
  void require_run() const {
    dist::on_root(communicator_, [&] {
      if (!std::filesystem::exists(units_.folder().provenance()))
        throw UsageError(options_.out.string() + ": is no run folder; cplae train (or cplae run) makes one");
    });
  }

  /// results.h5 without one unit that it was made from: all would be trained anew, only to replace it.
  void keep_results() const {
    dist::on_root(communicator_, [&] {
      const auto& folder = units_.folder();
      if (options_.overwrite || !std::filesystem::exists(folder.results())) return;
      if (units_.is_empty(store::UnitKind::network))
        throw UsageError(folder.results().string() + ": is there, but none of the units it was made from (" +
                         folder.units(store::UnitKind::network).string() +
                         "); --overwrite removes this run and begins anew");
    });
  }

  void open() {
    store::Start start = describe_start(options_, *inputs_);
    start.ranks = communicator_.size();
    start.hosts = communicator_.gather(host_name());
    start.devices = communicator_.gather(model::describe(device_));
    dist::on_root(communicator_, [&] {
      open_run_.emplace(
          store::open_run(units_.folder(), inputs_->identity, start,
                          {.earlier = options_.overwrite ? store::Earlier::overwrite : store::Earlier::go_on,
                           .patience = options_.lock_patience,
                           .stop = [this] { return stop_.requested(); }}));
    });
    const std::string identity = communicator_.broadcast(open_run_ ? open_run_->identity() : "");
    units_ = store::UnitStore(units_.folder(), identity);
    if (open_run_ && open_run_->resumed())
      log::info(options_.out.string() + ": an earlier run of this study; only what is missing is done");
  }

  store::ResultsInput results_input() const {
    const auto& context = inputs_->context;
    return {context.study,
            context.plan,
            context.cells,
            context.data,
            units_,
            inputs_->identity.data_sha256,
            given_text(options_.data)};
  }

  void train(const RunParts& parts) {
    const Stopwatch clock;
    const std::size_t trained = train_networks(parts, device_);
    if (trained == 0 && has_results()) return;
    write_results();
    if (communicator_.is_root())
      log::info("results.h5 written; " + std::to_string(trained) + " networks trained in " +
                duration_text(clock.seconds()));
  }

  void write_results() {
    const dist::StopSignal::Unhurried unhurried(stop_);
    store::write_results(communicator_, results_input());
  }

  /// Collective.
  [[nodiscard]] bool has_results() {
    const dist::StopSignal::Unhurried unhurried(stop_);
    bool found = false;
    dist::on_root(
        communicator_, [&] { found = looks_right(); }, "looking through results.h5");
    return communicator_.any(found);
  }

  /// One that is damaged, of another study or data, or not that of the units, is as good as none: they are
  /// there.
  [[nodiscard]] bool looks_right() const {
    const auto& folder = units_.folder();
    if (!std::filesystem::exists(folder.results())) return false;
    const auto faults =
        faults_of_results(folder, {inputs_->context.study, inputs_->identity.data_sha256, units_.identity()});
    if (faults.empty()) return true;
    const std::size_t more = faults.size() - 1;
    log::warning(faults.front() + (more > 0 ? " (and " + std::to_string(more) + " more)" : "") +
                 "; results.h5 is made again from its units");
    return false;
  }

  void evaluate(const RunParts& parts) {
    require_networks();
    if (stage_ == Stage::evaluate && !has_results()) {
      write_results();
      if (communicator_.is_root()) log::info("results.h5 made from its units");
    }
    compute_statistics(parts);
  }

  void require_networks() {
    const dist::StopSignal::Unhurried unhurried(stop_);
    dist::on_root(communicator_,
                  [&] { require_units(store::UnitKind::network, network_ids(), "cplae train"); });
  }

  void reduce_tables() {
    const dist::StopSignal::Unhurried unhurried(stop_);
    const auto reduce = [&] {
      if (stage_ == Stage::reduce)
        require_units(store::UnitKind::statistics, statistics_ids(), "cplae evaluate");
      remove_report();
      reduce::write_tables(inputs_->context, units_);
      std::fputs(reduce::summary_text(units_.folder().tables()).c_str(), stdout);
    };
    dist::on_root(communicator_, reduce, "writing the tables");
  }

  /// One of other tables must not be taken for that of the new ones.
  void remove_report() const {
    const auto path = units_.folder().report();
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) throw IoError(path.string() + ": cannot be removed: " + error.message());
  }

  std::vector<std::string> network_ids() const {
    std::vector<std::string> ids;
    for (const auto& network : inputs_->context.plan.networks)
      ids.push_back(network.id);
    return ids;
  }

  std::vector<std::string> statistics_ids() const {
    std::vector<std::string> ids;
    for (const auto& unit : reduce::list_units(inputs_->context))
      ids.push_back(unit.id);
    return ids;
  }

  /// Throws UsageError naming the first unit that is not there, whole and of this version, and the command
  /// that makes it.
  void require_units(store::UnitKind kind, const std::vector<std::string>& ids,
                     const std::string& command) const {
    // One that was written a moment ago may show late; one that was never made is missed but once.
    constexpr std::chrono::seconds patience(5);
    for (const auto& id : ids) {
      const auto record = units_.read_within(patience, kind, id);
      if (!record ||
          (kind == store::UnitKind::statistics && !reduce::is_of_this_version(inputs_->context, *record)))
        throw UsageError(options_.out.string() + ": " + id + " is not done " +
                         (record ? "by this version of the statistics" : "yet") + "; run " + command +
                         " (or cplae run) first");
    }
  }

  /// Names what failed, from the units; the exit code is the same on every rank.
  ExitCode finish() {
    const dist::StopSignal::Unhurried unhurried(stop_);
    bool failed = false;
    dist::on_root(
        communicator_, [&] { failed = report_failures(); }, "looking through the units");
    if (communicator_.is_root()) log::info("run folder: " + options_.out.string());
    return communicator_.any(failed) ? ExitCode::some_networks_failed : ExitCode::done;
  }

  [[nodiscard]] bool report_failures() const {
    std::size_t failed = 0;
    const auto ids = network_ids();
    for (const auto& id : ids) {
      const auto unit = store::to_network_unit(units_.read_awaited(store::UnitKind::network, id));
      if (unit.result.finite) continue;
      log::error("network " + id + " failed: not finite before step " +
                 std::to_string(unit.result.failed_step));
      ++failed;
    }
    if (failed > 0)
      log::error(std::to_string(failed) + " of " + std::to_string(ids.size()) + " networks failed");
    std::size_t without_result = 0;
    for (const auto& id : statistics_ids()) {
      // After training alone there may be none.
      const auto record = stage_ == Stage::train ? units_.read(store::UnitKind::statistics, id)
                                                 : units_.read_awaited(store::UnitKind::statistics, id);
      if (!record || reduce::failure(*record).empty()) continue;
      log::error("no statistics: " + id + ": " + reduce::failure(*record));
      ++without_result;
    }
    return failed + without_result > 0;
  }

  dist::Communicator communicator_;
  dist::StopSignal stop_{
      communicator_};  // before anything that takes long: a signal while reading counts too
  const RunOptions& options_;
  Stage stage_;
  store::UnitStore units_;
  std::pair<int, int> local_ = communicator_.local_rank();
  model::Device device_;
  std::optional<RunInputs> inputs_;
  std::optional<store::OpenRun> open_run_;
};

}  // namespace

ExitCode run_study(const dist::Session& session, const RunOptions& options, Stage stage) {
  return StudyRun(session, options, stage).run();
}

}  // namespace cplae::apps
