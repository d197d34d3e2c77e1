#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cplae/reduce/context.hpp"
#include "cplae/store/units.hpp"

namespace cplae::reduce {

/// Writes all tables/*.csv of the units' run folder from its statistics units, each file atomically. Local:
/// one rank calls it when all units are there. Throws IoError, DataError.
void write_tables(const Context& context, const store::UnitStore& units);

/// What tables/cells.csv calls a label column: by its own name, or "obs <name>" where that may be one of the
/// table's other columns ("cell", "has_T", "obs cell"). Different labels have different columns.
[[nodiscard]] std::string cells_column(const std::string& label);

/// The headline numbers of tables/summary.csv as text for a terminal, by variant: R2 of every direction,
/// accuracy of every representation, FOSCTTM, mean and SD over replicates; correlation of measured with
/// decoded means of types, mean and SD over types; R2 of averaged networks.
[[nodiscard]] std::string summary_text(const std::filesystem::path& tables);

}  // namespace cplae::reduce
