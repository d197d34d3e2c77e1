#include "dist/launcher_watch.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

namespace cplae::dist {

namespace {

bool has_launcher() {
  constexpr std::array names = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};
  return std::any_of(names.begin(), names.end(),
                     [](const char* name) { return std::getenv(name) != nullptr; });
}

}  // namespace

LauncherWatch::LauncherWatch(std::chrono::milliseconds interval) {
  if (!has_launcher()) return;
  try {
    thread_ = std::jthread([this, interval](const std::stop_token& stop) { watch(stop, interval); });
  } catch (const std::system_error&) {
    // No thread can be had: no watch.
  }
}

void LauncherWatch::watch(const std::stop_token& stop, std::chrono::milliseconds interval) {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, stop, interval, [&stop] { return stop.stop_requested(); })) {
    if (getppid() != launcher_) std::_Exit(1);
  }
}

}  // namespace cplae::dist
