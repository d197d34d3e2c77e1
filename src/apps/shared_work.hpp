#pragma once
#include <functional>
#include <string>
#include <vector>

#include "apps/train_networks.hpp"
#include "cplae/store/run_folder.hpp"

namespace cplae::apps {

/// A piece of work that ends in one unit file.
struct WorkItem {
  std::string id;
  double cost = 0;
};

/// Which of the items this rank does, and how many are left for all.
struct Share {
  std::vector<std::size_t> mine;  ///< indices, in the order of the items
  std::size_t left = 0;           ///< over all ranks
};

/// Collective: rank 0 looks which units are missing and tells the others, so that all share the same list
/// out.
[[nodiscard]] Share share_missing(const RunParts& run, store::UnitKind kind,
                                  const std::vector<WorkItem>& items);

/// Collective: runs `work` on every rank. A rank that fails says so, and asks the others to stop for that
/// reason (leave.hpp's `packed`), so that none waits for it; then all throw its error, where `doing` says at
/// what memory ran out (dist::agree). Throws Stopped on all ranks when any was stopped.
void work_together(const RunParts& run, const std::function<void()>& work, const std::string& doing = "");

}  // namespace cplae::apps
