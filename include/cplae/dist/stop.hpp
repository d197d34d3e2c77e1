#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

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

  /// From so long after now on (a century at most), this rank is asked to stop, as if by a signal: it tells
  /// the others too, whose clocks may say that there is time left. Local.
  void stop_after(std::chrono::duration<double> time);
  /// A rank that stands still (its host or driver hangs) hears of nothing: `act` is called, once, on a rank
  /// that was asked to stop and since then has waited in one call for another rank for so long. Local.
  void give_up_after(std::chrono::duration<double> patience, std::function<void()> act);
  /// While it lives, this rank gives nobody up: for what one rank does for all and no stop cuts short. Local.
  class Unhurried;
  /// True once any rank was asked to stop. Local and cheap (a flag and one MPI_Test): may be asked at every
  /// training step. Throws CommError.
  [[nodiscard]] bool requested();
  /// Asks all ranks to stop, as a signal would: for a rank that failed and would otherwise be waited for by
  /// ranks that work on. It tells them why: up to 1,000 bytes. Local.
  void request(const std::string& why = "") noexcept;
  /// What this rank, or else the first that it heard of, gave as its reason; "" where nobody gave one. Local.
  [[nodiscard]] const std::string& why() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class StopSignal::Unhurried {
public:
  explicit Unhurried(StopSignal& stop);
  ~Unhurried();
  Unhurried(const Unhurried&) = delete;
  Unhurried& operator=(const Unhurried&) = delete;

private:
  StopSignal& stop_;
};

}  // namespace cplae::dist
