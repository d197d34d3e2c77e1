#pragma once
#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace cplae::dist {

/// While it lives, this process does not outlive its parent, the launcher: it ends with exit code 1. It says
/// nothing, since its standard error was the launcher's.
///
/// For the time in MPI_Init only. Whose launcher is killed in the midst of it waits for ever in Open MPI 4.1
/// (in PMIx_Init, for the answer to a message that was never read); afterwards MPI itself notices. Without a
/// launcher's environment (Open MPI, PMIx, PMI), and where no thread can be had, it does nothing: the parent
/// of a process that was started by hand may go at any time. Where a script stands between launcher and
/// process it is the script that is watched. The system's own signal for this (PR_SET_PDEATHSIG) comes when
/// the launcher's thread ends, which is too early.
class LauncherWatch {
public:
  explicit LauncherWatch(std::chrono::milliseconds interval = std::chrono::milliseconds(200));

private:
  void watch(const std::stop_token& stop, std::chrono::milliseconds interval);

  pid_t launcher_ = getppid();
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  ///< last, so that it is joined before what it uses goes
};

}  // namespace cplae::dist
