#pragma once
#include <string>

namespace cplae {

/// Version of the project, e.g. "0.1.0".
[[nodiscard]] std::string version();
/// Commit the program was built from, with "-dirty" if the tree had changes; "unknown" outside git.
[[nodiscard]] std::string git_commit();
/// Compiler, its version and the build type.
[[nodiscard]] std::string build_description();

}  // namespace cplae
