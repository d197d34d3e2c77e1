#pragma once
#include <string>
#include <vector>

#include "h5/h5.hpp"

namespace cplae::data {

/// Is the root of this file a MuData object (else it is taken for AnnData)?
[[nodiscard]] bool is_mudata(const h5::Handle& file);

/// Names of the modalities of a MuData file: `mod-order` first, the others by name. Throws DataError for an
/// order that names a missing one.
[[nodiscard]] std::vector<std::string> modality_names(const h5::Handle& file);

}  // namespace cplae::data
