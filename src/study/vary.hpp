#pragma once
#include <map>
#include <string>

#include "node.hpp"

namespace cplae::study {

/// The paths of a `vary` table and what each is set to, however it was written: "coupling.lambda" = ...,
/// coupling.lambda = ... or as tables. Throws UsageError for a path that is given twice; `prefix` is the
/// table's own path, for the message.
[[nodiscard]] std::map<std::string, Node> vary_settings(const Table& vary, const std::string& prefix);

}  // namespace cplae::study
