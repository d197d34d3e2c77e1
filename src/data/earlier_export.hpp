#pragma once
// What an earlier export left in a file that is exported again: it is of another run, and would be taken for
// this one's.
#include <string>
#include <vector>

#include "h5/h5.hpp"

namespace cplae::data {

/// Removes the columns that `exported_columns` names, obsm/X_cplae_* and the layers cplae_from_* from a
/// group with obs: the root of a MuData file, or one of its modalities. Throws IoError.
void remove_earlier_export(const h5::Handle& group, const std::vector<std::string>& kept);

}  // namespace cplae::data
