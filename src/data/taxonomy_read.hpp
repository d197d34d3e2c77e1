#pragma once
#include <optional>
#include <string>

#include "cplae/data/taxonomy.hpp"
#include "h5/h5.hpp"

namespace cplae::data {

/// `uns/taxonomy` of an AnnData or MuData group: a data frame or a dict of arrays with label, parent, height
/// and leaf. None where there is none, or where it is something else without labels (then a warning says so).
/// Throws DataError naming file and column.
[[nodiscard]] std::optional<Taxonomy> read_stored_taxonomy(const h5::Handle& parent);

}  // namespace cplae::data
