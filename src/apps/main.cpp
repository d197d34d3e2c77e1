#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <variant>

#include "cplae/model/device.hpp"
#include "leave.hpp"
#include "program.hpp"

namespace {

using namespace cplae;
using namespace cplae::apps;

/// Every rank meets the same mistake on the command line, before MPI has told them apart; the launcher has.
bool is_first_of_launch() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"})
    if (const char* rank = std::getenv(name)) return std::string_view(rank) == "0";
  return true;
}

ExitCode run_parallel(const ParallelTask& task, int argc, char** argv) {
  const dist::Session session(&argc, &argv);
  const dist::Communicator parting = session.world().split(0);
  const ExitCode code = leave(session, parting, attempt([&] { return task.collective(session); }));
  if (code != ExitCode::failed) return code;
  parting.barrier();  // all that is to be said has been said
  session.abort(static_cast<int>(code));
}

ExitCode run_and_part(const ParallelTask& task, int argc, char** argv) {
  const ExitCode code = run_parallel(task, argc, argv);
  if (task.afterwards) task.afterwards();
  return code;
}

ExitCode run_program(int argc, char** argv) {
  Task task;
  const Outcome understood = attempt([&] {
    task = interpret(argc, argv);
    return ExitCode::done;
  });
  if (understood.code != ExitCode::done) {
    if (is_first_of_launch()) report(understood);
    return understood.code;
  }
  model::configure_process();
  Outcome outcome;
  const auto* serial = std::get_if<SerialTask>(&task);
  // Ranks of one launch would write one file at once, and say everything as many times as there are.
  if (serial != nullptr && !is_first_of_launch()) return ExitCode::done;
  if (serial != nullptr)
    outcome = attempt(*serial);
  else
    outcome = attempt([&] { return run_and_part(std::get<ParallelTask>(task), argc, argv); });
  report(outcome);
  return outcome.code;
}

}  // namespace

/// HDF5 ends with the process, or with MPI, and crashes where it could not close a file: after a failure
/// neither gets the chance.
int main(int argc, char** argv) {
  // A file beyond the limit (ulimit -f) is a failed write like another, to be named and cleaned up after.
  std::signal(SIGXFSZ, SIG_IGN);
  const ExitCode code = run_program(argc, argv);
  if (code != ExitCode::failed) return static_cast<int>(code);
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(static_cast<int>(code));
}
