#pragma once
// Tables of the cells and of their types: with them a run folder is whole without its data file.
#include <filesystem>
#include <string>

#include "cplae/reduce/context.hpp"

namespace cplae::reduce {

/// "leaf" for a column as it stands, "leaf 15" for a cut of the tree to so many classes.
[[nodiscard]] std::string scheme_name(const LabelScheme& scheme);

/// One row a cell: its name, which modalities it has, its class in every way that the study classes cells.
/// Throws IoError.
void write_cells(const Context& context, const std::filesystem::path& path);

/// The tree of types, one row a node; its header alone where the study has none. Throws IoError.
void write_taxonomy(const Context& context, const std::filesystem::path& path);

}  // namespace cplae::reduce
