#include "apps/shared_work.hpp"

#include <algorithm>
#include <sstream>

#include "apps/leave.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/dist/share.hpp"
#include "cplae/reduce/units.hpp"

namespace cplae::apps {

namespace {

std::string missing_list(const RunParts& run, store::UnitKind kind, const std::vector<WorkItem>& items) {
  // A folder that cannot be listed is an error here, not the reason to do everything again.
  const bool is_new = run.units.is_empty(kind);
  const auto is_done = [&](const std::string& id) {
    const auto unit = run.units.read(kind, id);
    return unit && (kind != store::UnitKind::statistics || reduce::is_current(run.context, *unit));
  };
  std::string list;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (is_new || !is_done(items[i].id)) list += std::to_string(i) + "\n";
  return list;
}

/// Of the exception that is being caught. Said at once: the others may take long to come, or never come.
std::string said_failure(const dist::Communicator& communicator) {
  Outcome failure = attempt([]() -> ExitCode { throw; });
  if (communicator.size() > 1) {
    log::error(failure.text);
    failure.text = "rank " + std::to_string(communicator.rank()) + ": " + failure.text;
  }
  return packed(failure);
}

}  // namespace

Share share_missing(const RunParts& run, store::UnitKind kind, const std::vector<WorkItem>& items) {
  std::string list;
  const dist::StopSignal::Unhurried unhurried(run.stop);  // rank 0 reads every unit
  dist::agree(run.communicator, [&] {
    if (run.communicator.is_root()) list = missing_list(run, kind, items);
  });
  std::istringstream numbers(run.communicator.broadcast(list));
  std::vector<std::size_t> missing;
  std::vector<double> costs;
  for (std::size_t i = 0; numbers >> i;) {
    missing.push_back(i);
    costs.push_back(items[i].cost);
  }
  const auto ranks = dist::share(costs, run.communicator.size());
  Share share;
  share.left = missing.size();
  for (std::size_t i = 0; i < missing.size(); ++i)
    if (ranks[i].value() == run.communicator.rank()) share.mine.push_back(missing[i]);
  return share;
}

void work_together(const RunParts& run, const std::function<void()>& work, const std::string& doing) {
  bool stopped = false;
  const auto local = [&] {
    try {
      work();
    } catch (const Stopped&) {
      stopped = true;
    } catch (...) {
      run.stop.request(said_failure(run.communicator));
      throw;
    }
  };
  dist::agree(run.communicator, local, doing);
  if (run.communicator.any(stopped))
    throw Stopped("stopped as asked; everything finished is kept, run the same command again to go on");
}

}  // namespace cplae::apps
