#pragma once
#include "cplae/store/units.hpp"

namespace cplae::store {

/// Removes what killed sessions left in a run folder and nobody will read: files of atomic writes that were
/// never renamed, a torn results.h5.part, checkpoints of networks that have a whole unit of this run. Local:
/// for the one process that holds the folder's lock, before any other rank writes. What cannot be removed
/// stays: it does no harm.
void sweep_leftovers(const UnitStore& units);

}  // namespace cplae::store
