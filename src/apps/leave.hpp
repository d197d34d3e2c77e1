#pragma once
#include <functional>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/dist/session.hpp"

namespace cplae::apps {

/// How a task ended on this rank.
struct Outcome {
  ExitCode code = ExitCode::done;
  std::string text;  ///< one line; empty where nothing went wrong
};

/// Runs a task; its exceptions become exit codes (core/error.hpp).
[[nodiscard]] Outcome attempt(const std::function<ExitCode()>& task);

/// An outcome as one text, which ranks can tell one another, and back. `unpacked` wants what `packed` made.
[[nodiscard]] std::string packed(const Outcome& outcome);
[[nodiscard]] Outcome unpacked(const std::string& text);

/// `cplae: text` on standard error, if there is a text.
void report(const Outcome& outcome);

/// Collective, on a communicator that nothing else uses: the ranks tell one another how they ended; rank 0
/// reports each different error once. Returns the exit code for all of them: the first that is not 0. A rank
/// that failed while the others are elsewhere reports by itself and ends the world after `patience_seconds`.
[[nodiscard]] ExitCode leave(const dist::Session& session, const dist::Communicator& parting,
                             const Outcome& outcome, double patience_seconds = 20);

}  // namespace cplae::apps
