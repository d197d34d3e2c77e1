#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace cplae::apps {

/// What to start, and how long it may take.
struct ChildCall {
  std::vector<std::string> words;        ///< program, looked for on PATH unless it has a slash; its arguments
  std::vector<std::string> environment;  ///< NAME=value each; all that the child gets
  std::chrono::duration<double> limit;
};

/// How a child ended.
struct ChildEnd {
  enum class How { exited, not_started, too_slow, interrupted } how = How::exited;
  int exit_code = 0;  ///< of one that exited; 128 + signal if a signal ended it
  std::string said;   ///< the last of its standard error, at most 4 kB; why it could not be started
};

/// Runs a program of one's own to its end, with empty standard input and its standard output thrown away.
/// Local. A child that is too slow is killed with all that it started; so it is when SIGINT, SIGTERM or
/// SIGUSR1 reaches this process meanwhile, which itself stays. Throws Error where the system has no pipe.
[[nodiscard]] ChildEnd run_child(const ChildCall& call);

}  // namespace cplae::apps
