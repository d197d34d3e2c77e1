#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"
#include "dist/handle.hpp"
#include "dist/launcher_watch.hpp"

namespace cplae::dist {

namespace {

/// A user's own setting wins.
void set_default(const char* name, const char* value) {
  if (setenv(name, value, 0) != 0) throw CommError(std::string(name) + ": cannot be set in the environment");
}

void prepare_open_mpi() {
  // The file engine of Open MPI 4.1 takes no locks by default, so that its read-modify-write of a block's
  // edge can undo a neighbour's write (fixed in 4.1.7); 3 = lock the ranges touched.
  set_default("OMPI_MCA_fs_ufs_lock_algorithm", "3");
  // Blocking calls inside the libraries (MPI_Comm_split, HDF5) give their core away instead of spinning on
  // it.
  set_default("OMPI_MCA_mpi_yield_when_idle", "1");
}

}  // namespace

std::string library_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  check(MPI_Get_library_version(text.data(), &length), "MPI_Get_library_version");
  // Libraries tell when and where they were built as well.
  const std::string all(text.data(), static_cast<std::size_t>(length));
  return one_line(all.substr(0, all.find_first_of(",\n")));
}

Session::Session(int* argc, char*** argv) : exceptions_at_start_(std::uncaught_exceptions()) {
  prepare_open_mpi();
  int provided = MPI_THREAD_SINGLE;
  {
    LauncherWatch watch;
    check(MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  }
  world_ = std::make_shared<Communicator::Handle>(MPI_COMM_WORLD);
  check(MPI_Comm_set_errhandler(world_->comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  if (provided < MPI_THREAD_FUNNELED) throw CommError("the MPI library gives no MPI_THREAD_FUNNELED");
}

Session::~Session() {
  try {
    const Communicator communicator = world();
    const bool unwinding = std::uncaught_exceptions() > exceptions_at_start_;
    // The others may be at work and never come to MPI_Finalize: leaving without it makes the launcher end
    // them.
    if (unwinding && communicator.size() > 1) return;
    communicator.barrier();
    check(MPI_Finalize(), "MPI_Finalize");
  } catch (const std::exception& error) {
    log::error(std::string("leaving MPI: ") + error.what());
  }
}

Communicator Session::world() const {
  return Communicator(world_);
}

void Session::abort(int exit_code) const {
  std::fflush(nullptr);
  int ranks = 1;
  // Alone there is nobody to end, and MPI has much to say of it.
  if (MPI_Comm_size(world_->comm, &ranks) != MPI_SUCCESS || ranks > 1) MPI_Abort(world_->comm, exit_code);
  std::_Exit(exit_code);
}

}  // namespace cplae::dist
