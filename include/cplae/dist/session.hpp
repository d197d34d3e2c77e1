#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cplae/core/ids.hpp"

namespace cplae::dist {

/// A group of ranks. Communicators are arguments: nothing but Session::world() knows MPI_COMM_WORLD. Movable,
/// not copyable.
class Communicator {
public:
  struct Handle;  ///< holds the MPI_Comm; defined in src/dist/handle.hpp for rooms that call MPI or parallel
                  ///< HDF5
  explicit Communicator(std::shared_ptr<Handle> handle);

  [[nodiscard]] int rank() const;
  [[nodiscard]] int size() const;
  [[nodiscard]] bool is_root() const { return rank() == 0; }
  [[nodiscard]] Handle& handle() const { return *handle_; }

  /// Collective. Throws CommError, as do all below.
  void barrier() const;
  /// Collective: the root's text on every rank.
  [[nodiscard]] std::string broadcast(const std::string& text) const;
  /// Collective: the root's values in the memory of every rank, as many on each.
  void broadcast(std::span<float> values) const;
  /// Collective: the sum of all ranks' values.
  [[nodiscard]] std::int64_t sum(std::int64_t value) const;
  /// Collective: true if it is true on any rank.
  [[nodiscard]] bool any(bool value) const;
  /// Collective: every rank's text, in the order of ranks, on every rank.
  [[nodiscard]] std::vector<std::string> gather(const std::string& text) const;
  /// Collective: rank and number of ranks among those on this rank's host (shared memory).
  [[nodiscard]] std::pair<int, int> local_rank() const;
  /// Collective: a communicator of the ranks that give the same colour, ordered as here.
  [[nodiscard]] Communicator split(int colour) const;

private:
  std::shared_ptr<Handle> handle_;
};

/// Of the MPI that the program runs with: "Open MPI v4.1.4". Local; needs no session.
[[nodiscard]] std::string library_version();

/// MPI from start to end of main; made once, and outlives every Communicator. Sets what the MPI library must
/// know before it starts (locks of Open MPI's file engine), unless the user's environment says otherwise.
/// Works without mpirun too: one rank.
class Session {
public:
  /// Throws CommError.
  Session(int* argc, char*** argv);
  /// Collective: waits for all ranks and ends MPI. While an exception unwinds and there are other ranks, MPI
  /// is left as it is: call abort().
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  [[nodiscard]] Communicator world() const;
  /// Ends every rank at once; for errors that the others cannot learn of.
  [[noreturn]] void abort(int exit_code) const;

private:
  int exceptions_at_start_;
  std::shared_ptr<Communicator::Handle> world_;
};

/// Collective. Runs `local` on every rank; if it throws on any, every rank throws the same kind of exception
/// with the text of the lowest such rank (prefixed "rank r: " unless all ranks failed alike). Kinds are those
/// of core/error.hpp; any other exception becomes Error. So that no rank waits in a collective for one that
/// has left. Of std::bad_alloc the text is "out of memory while `doing`"; `local` may change that as it goes.
void agree(const Communicator& communicator, const std::function<void()>& local,
           const std::string& doing = "");

/// Collective. Runs `local` on the root; if it throws, every rank throws the same kind of exception with its
/// text, as in agree.
void on_root(const Communicator& communicator, const std::function<void()>& local,
             const std::string& doing = "");

/// Collective. Throws CommError naming `what` if `text` is not the same on every rank.
void agree_same(const Communicator& communicator, const std::string& text, const std::string& what);

}  // namespace cplae::dist
