#pragma once
#include <chrono>
#include <functional>
#include <memory>

#include "cplae/dist/session.hpp"

namespace cplae::dist {

/// Asks all ranks to stop when any one of them gets SIGTERM, SIGINT or SIGUSR1. While it lives these signals
/// only set a flag; a second SIGINT ends the process as usual. The rank that has the flag tells the others by
/// a message, also while it waits for them, so one rank's signal (scancel of one step or node) stops all.
class StopSignal {
public:
  /// Collective (duplicates the communicator). One at a time. Throws CommError.
  explicit StopSignal(const Communicator& communicator);
  /// Collective. While an exception unwinds it waits for the other ranks for a few seconds only, since they
  /// may never come.
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// From so long after now on, this rank is asked to stop, as if by a signal; without a message, since all
  /// ranks are meant to be given the same time. Local.
  void stop_after(std::chrono::duration<double> time);
  /// A rank that stands still (its host or driver hangs) hears of nothing: `act` is called, once, on a rank
  /// that was asked to stop and since then has waited in one call for another rank for so long. Local.
  void give_up_after(std::chrono::duration<double> patience, std::function<void()> act);
  /// True once any rank was asked to stop. Local and cheap (a flag and one MPI_Test): may be asked at every
  /// training step. Throws CommError.
  [[nodiscard]] bool requested();
  /// Asks all ranks to stop, as a signal would: for a rank that failed and would otherwise be waited for by
  /// ranks that work on. Local.
  void request() noexcept;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cplae::dist
