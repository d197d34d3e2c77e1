#pragma once
#include <functional>
#include <variant>

#include "cplae/core/error.hpp"
#include "cplae/dist/session.hpp"

namespace CLI {
class App;
}

namespace cplae::apps {

/// A command of one process: MPI is not started.
using SerialTask = std::function<ExitCode()>;
/// A command of all ranks.
struct ParallelTask {
  std::function<ExitCode(const dist::Session&)> collective;
  /// Local, on every rank, once MPI is done with and nobody waits for anybody; its failures are its own.
  std::function<void()> afterwards = {};
};
/// What a command line asks for.
using Task = std::variant<SerialTask, ParallelTask>;

/// A command on the command line and what it does once parsed. The task owns the parsed options.
struct Command {
  CLI::App* parser;  ///< owned by the program's parser
  Task task;
};

}  // namespace cplae::apps
