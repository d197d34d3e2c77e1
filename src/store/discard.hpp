#pragma once
#include "cplae/store/run_folder.hpp"

namespace cplae::store {

/// Removes all that a run has left in its folder, and says in a warning what that was; files of other makers
/// stay, links are removed and not followed. Local: for the one process that holds the folder's lock. What
/// tells whose run it is goes last, so that a kill in between leaves that run with work missing. Throws
/// IoError.
void discard_run(const RunFolder& folder);

}  // namespace cplae::store
