#pragma once
#include "task.hpp"

namespace cplae::apps {

/// Understands a command line; nothing is run yet. Help and version are tasks that print on standard output.
/// Throws UsageError, one line: command, what is wrong, the nearest known word.
[[nodiscard]] Task interpret(int argc, const char* const* argv);

}  // namespace cplae::apps
