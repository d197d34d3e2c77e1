#include "cplae/dist/stop.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "dist/handle.hpp"

namespace cplae::dist {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array signals = {SIGTERM, SIGINT, SIGUSR1};
std::atomic<bool> signalled = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not take a lock");

extern "C" void note_signal(int /*signal*/) {
  signalled.store(true, std::memory_order_relaxed);
}

Communicator duplicate(const Communicator& communicator) {
  MPI_Comm comm = MPI_COMM_NULL;
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Comm_idup(communicator.handle().comm, &comm, &request), "MPI_Comm_idup");
  wait(request, "MPI_Comm_idup");
  return Communicator(std::make_shared<Communicator::Handle>(comm, true));
}

/// What clocks that count nanoseconds can hold.
Clock::duration bounded(std::chrono::duration<double> time) {
  constexpr std::chrono::duration<double> century = std::chrono::hours(24 * 365 * 100);
  return std::chrono::duration_cast<Clock::duration>(std::min(time, century));
}

constexpr std::size_t longest_reason = 1000;

}  // namespace

/// Every rank that was signalled sends one empty message to every other, and one that failed its reason;
/// every rank keeps one receive open.
struct StopSignal::Impl {
  explicit Impl(const Communicator& parent)
      : communicator(duplicate(parent)), exceptions_at_start(std::uncaught_exceptions()) {
    open_receive();
    signalled.store(false, std::memory_order_relaxed);
    install_handlers();
  }

  void install_handlers() {
    for (std::size_t i = 0; i < signals.size(); ++i) {
      struct sigaction action {};
      action.sa_handler = note_signal;
      // The second interrupt of an impatient user ends the process as usual.
      action.sa_flags = signals[i] == SIGINT ? static_cast<int>(SA_RESTART | SA_RESETHAND) : SA_RESTART;
      sigemptyset(&action.sa_mask);
      if (sigaction(signals[i], &action, &previous[i]) != 0) throw Error("sigaction failed");
    }
  }

  void restore_handlers() const {
    // Work is at its end: a batch system's warning, which may still come, has nothing left to save, and dying
    // of it would look like a failure.
    for (std::size_t i = 0; i < signals.size(); ++i)
      if (signals[i] == SIGUSR1 && previous[i].sa_handler == SIG_DFL)
        std::signal(SIGUSR1, SIG_IGN);
      else
        sigaction(signals[i], &previous[i], nullptr);
  }

  void open_receive() {
    check(MPI_Irecv(incoming.data(), static_cast<int>(incoming.size()), MPI_BYTE, MPI_ANY_SOURCE, 0,
                    communicator.handle().comm, &receive),
          "MPI_Irecv");
  }

  void tell_others(const std::string& reason) {
    ++told;
    const std::string& text = outgoing.emplace_back(reason.substr(0, longest_reason));
    const int rank = communicator.rank();
    for (int other = 0; other < communicator.size(); ++other) {
      if (other == rank) continue;
      MPI_Request& request = sends.emplace_back(MPI_REQUEST_NULL);
      check(MPI_Isend(text.data(), static_cast<int>(text.size()), MPI_BYTE, other, 0,
                      communicator.handle().comm, &request),
            "MPI_Isend");
    }
  }

  void hear() {
    for (;;) {
      int done = 0;
      MPI_Status status{};
      check(MPI_Test(&receive, &done, &status), "MPI_Test");
      if (done == 0) return;
      ++heard;
      int size = 0;
      check(MPI_Get_count(&status, MPI_BYTE, &size), "MPI_Get_count");
      if (why.empty()) why.assign(incoming.data(), static_cast<std::size_t>(size));
      open_receive();
    }
  }

  bool requested() {
    hear();
    // Of ranks that are late together, most hear of it first.
    const bool has_reason = signalled.load(std::memory_order_relaxed) || (heard == 0 && is_late());
    if (told == 0 && has_reason) tell_others("");
    const bool is_requested = told > 0 || heard > 0;
    if (is_requested && !asked) asked = Clock::now();
    return is_requested;
  }

  void request(const std::string& reason) {
    if (why.empty()) why = reason.substr(0, longest_reason);
    if (told == 0 || !reason.empty()) tell_others(reason);
    static_cast<void>(requested());
  }

  [[nodiscard]] bool is_late() const { return last_moment && Clock::now() >= *last_moment; }

  /// What waiting does: hears and tells signals, and gives up, once, on ranks that never come.
  void while_waiting_since(Clock::duration waited) {
    if (!requested() || !give_up || unhurried > 0 || std::min(waited, Clock::now() - *asked) < patience)
      return;
    std::exchange(give_up, {})();
  }

  /// Collective: takes every message that was sent, so that nothing is left on the communicator.
  void drain() {
    for (const std::int64_t expected = communicator.sum(told) - told; heard < expected; ++heard) {
      wait(receive, "MPI_Irecv");
      open_receive();
    }
    for (MPI_Request& request : sends)
      wait(request, "MPI_Isend");
    check(MPI_Cancel(&receive), "MPI_Cancel");
    wait(receive, "MPI_Cancel");
  }

  /// Collective if it succeeds: whether all ranks came here within `limit`. The request is left behind if
  /// not.
  bool all_arrive_within(std::chrono::seconds limit) const {
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Ibarrier(communicator.handle().comm, &request), "MPI_Ibarrier");
    const auto end = Clock::now() + limit;
    for (int done = 0; Clock::now() < end;) {
      check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
      if (done != 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  Communicator communicator;
  int exceptions_at_start;
  std::optional<Clock::time_point> last_moment;
  std::optional<Clock::time_point> asked;  ///< when this rank learnt that it is to stop
  Clock::duration patience{};
  std::function<void()> give_up;
  int unhurried = 0;  ///< how many of its kind live
  std::string why;
  std::array<struct sigaction, signals.size()> previous{};
  MPI_Request receive = MPI_REQUEST_NULL;
  std::array<char, longest_reason> incoming{};
  std::vector<MPI_Request> sends;
  std::deque<std::string> outgoing;  ///< which stay where they are
  std::int64_t told = 0;             ///< messages that this rank has sent to every other
  std::int64_t heard = 0;            ///< messages that have come
};

StopSignal::StopSignal(const Communicator& communicator) : impl_(std::make_unique<Impl>(communicator)) {
  while_waiting([impl = impl_.get()](Clock::duration waited) { impl->while_waiting_since(waited); });
}

StopSignal::~StopSignal() {
  while_waiting({});
  impl_->restore_handlers();
  try {
    // An agreed error unwinds on every rank, another one here only: then the others never come, and the
    // program is about to abort.
    constexpr std::chrono::seconds patience(5);
    const bool unwinding = std::uncaught_exceptions() > impl_->exceptions_at_start;
    if (!impl_->all_arrive_within(unwinding ? patience : std::chrono::hours(24 * 365))) {
      static_cast<void>(impl_.release());  // MPI may still write into its requests
      return;
    }
    impl_->drain();
  } catch (const std::exception& error) {
    log::error(std::string("ending the watch for signals: ") + error.what());
  }
}

void StopSignal::request(const std::string& why) noexcept {
  try {
    impl_->request(why);
  } catch (const std::exception& error) {
    log::error(std::string("the other ranks cannot be told to stop: ") + error.what());
  }
}

void StopSignal::stop_after(std::chrono::duration<double> time) {
  impl_->last_moment = Clock::now() + bounded(time);
}

void StopSignal::give_up_after(std::chrono::duration<double> patience, std::function<void()> act) {
  impl_->patience = bounded(patience);
  impl_->give_up = std::move(act);
}

bool StopSignal::requested() {
  return impl_->requested();
}

const std::string& StopSignal::why() const {
  return impl_->why;
}

StopSignal::Unhurried::Unhurried(StopSignal& stop) : stop_(stop) {
  ++stop_.impl_->unhurried;
}

StopSignal::Unhurried::~Unhurried() {
  --stop_.impl_->unhurried;
}

}  // namespace cplae::dist
