#pragma once
#include <string>

#include "cplae/reduce/context.hpp"

namespace cplae::apps {

/// A context that knows a study's units by name, without its data.
[[nodiscard]] reduce::Context names_only(const study::Study& study, const study::Plan& plan);

/// Looks whether all of a run folder is as it was written, whether its parts belong together and how much of
/// the study is there, and prints it. Throws UsageError when it is no run folder, Error naming the first
/// damage when there is any.
void inspect_run(const std::string& run);

}  // namespace cplae::apps
