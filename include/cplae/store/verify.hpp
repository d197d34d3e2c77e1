#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cplae/store/run_folder.hpp"

namespace cplae::store {

/// What a look at stored bytes found.
struct Inspection {
  std::size_t whole = 0;             ///< files or datasets whose checksum is right
  std::vector<std::string> damaged;  ///< one line each: which one, and what is wrong with it
  std::vector<std::string> notes;    ///< what could not be checked, and why that is no damage
};

/// Checksums of all units of one kind, and whether they are of the run of that identity (recorded_identity;
/// empty: not known, not looked at). Local. Throws IoError when the folder cannot be listed or a file not be
/// read.
[[nodiscard]] Inspection inspect_units(const RunFolder& folder, UnitKind kind, const std::string& identity);
/// Checksums of all checkpoints. Local. Throws IoError.
[[nodiscard]] Inspection inspect_checkpoints(const RunFolder& folder, const std::string& identity);

/// Checksum of every dataset of results.h5, that of its attributes, and of every row of its replicate tables
/// against the unit of the network, where this run has one. Local. What cannot be opened or read is damage
/// too.
[[nodiscard]] Inspection inspect_results(const RunFolder& folder, const std::string& identity);

/// Throws DataError naming the first dataset of results.h5 that is not as its checksum says, or the
/// attributes. Local.
void require_whole_results(const RunFolder& folder);

/// Two results.h5 by names, types, shapes and bytes of their datasets (attributes may differ: seconds,
/// paths). The first difference in words: dataset, index, both values; none if there is none. Local. Throws
/// DataError, IoError.
[[nodiscard]] std::optional<std::string> first_difference(const std::filesystem::path& one,
                                                          const std::filesystem::path& other);

}  // namespace cplae::store
