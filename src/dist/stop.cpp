#include "cplae/dist/stop.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <optional>
#include <thread>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "dist/handle.hpp"

namespace cplae::dist {

namespace {

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

}  // namespace

/// Every rank that was signalled sends one empty message to every other; every rank keeps one receive open.
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
    check(MPI_Irecv(nullptr, 0, MPI_BYTE, MPI_ANY_SOURCE, 0, communicator.handle().comm, &receive),
          "MPI_Irecv");
  }

  void tell_others() {
    told = true;
    const int rank = communicator.rank();
    for (int other = 0; other < communicator.size(); ++other) {
      if (other == rank) continue;
      MPI_Request& request = sends.emplace_back(MPI_REQUEST_NULL);
      check(MPI_Isend(nullptr, 0, MPI_BYTE, other, 0, communicator.handle().comm, &request), "MPI_Isend");
    }
  }

  bool requested() {
    if (!told && signalled.load(std::memory_order_relaxed)) tell_others();
    if (!heard) {
      int done = 0;
      check(MPI_Test(&receive, &done, MPI_STATUS_IGNORE), "MPI_Test");
      heard = done != 0;
    }
    return told || heard || is_late();
  }

  [[nodiscard]] bool is_late() const {
    return last_moment && std::chrono::steady_clock::now() >= *last_moment;
  }

  /// Collective: takes every message that was sent, so that nothing is left on the communicator.
  void drain() {
    const auto senders = static_cast<int>(communicator.sum(told ? 1 : 0));
    const int expected = senders - (told ? 1 : 0);
    for (int received = heard ? 1 : 0; received < expected; ++received) {
      if (receive == MPI_REQUEST_NULL) open_receive();
      wait(receive, "MPI_Irecv");
    }
    for (MPI_Request& request : sends)
      wait(request, "MPI_Isend");
    if (receive != MPI_REQUEST_NULL) {
      check(MPI_Cancel(&receive), "MPI_Cancel");
      wait(receive, "MPI_Cancel");
    }
  }

  /// Collective if it succeeds: whether all ranks came here within `limit`. The request is left behind if
  /// not.
  bool all_arrive_within(std::chrono::seconds limit) const {
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Ibarrier(communicator.handle().comm, &request), "MPI_Ibarrier");
    const auto end = std::chrono::steady_clock::now() + limit;
    for (int done = 0; std::chrono::steady_clock::now() < end;) {
      check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
      if (done != 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  Communicator communicator;
  int exceptions_at_start;
  std::optional<std::chrono::steady_clock::time_point> last_moment;
  std::array<struct sigaction, signals.size()> previous{};
  MPI_Request receive = MPI_REQUEST_NULL;
  std::vector<MPI_Request> sends;
  bool told = false;   ///< this rank was signalled and has sent its messages
  bool heard = false;  ///< another rank's message has come
};

StopSignal::StopSignal(const Communicator& communicator) : impl_(std::make_unique<Impl>(communicator)) {
  while_waiting([impl = impl_.get()] { static_cast<void>(impl->requested()); });
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

void StopSignal::request() noexcept {
  signalled.store(true, std::memory_order_relaxed);
  try {
    static_cast<void>(requested());
  } catch (const std::exception& error) {
    log::error(std::string("the other ranks cannot be told to stop: ") + error.what());
  }
}

void StopSignal::stop_after(std::chrono::duration<double> time) {
  impl_->last_moment = std::chrono::steady_clock::now() +
                       std::chrono::duration_cast<std::chrono::steady_clock::duration>(time);
}

bool StopSignal::requested() {
  return impl_->requested();
}

}  // namespace cplae::dist
