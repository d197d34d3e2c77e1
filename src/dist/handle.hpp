#pragma once
#include <mpi.h>

#include <chrono>
#include <functional>
#include <string>

#include "cplae/dist/session.hpp"

namespace cplae::dist {

/// The MPI communicator behind a Communicator; freed with it if it was made for it.
struct Communicator::Handle {
  explicit Handle(MPI_Comm communicator, bool is_owned = false) : comm(communicator), owned(is_owned) {}
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  MPI_Comm comm;
  bool owned;
};

/// Throws CommError naming the call and MPI's reason unless `code` is MPI_SUCCESS. In every build.
void check(int code, const char* call);

/// What a waiting rank does again and again, told how long this wait has lasted; none to begin with. A rank
/// that has done its share may be the only one that is signalled, and must tell the others while it waits.
void while_waiting(std::function<void(std::chrono::steady_clock::duration)> act);

/// Completes `request` without spinning: tests, and sleeps in between (0.1 ms, doubled up to 10 ms). Throws
/// CommError, and what is thrown by what it does while waiting.
void wait(MPI_Request& request, const char* call);

/// Collective: the text of `root` on every rank. Throws CommError.
[[nodiscard]] std::string broadcast_from(const Communicator& communicator, int root, const std::string& text);

/// Collective: the least of all ranks' values. Throws CommError.
[[nodiscard]] int least(const Communicator& communicator, int value);

}  // namespace cplae::dist
