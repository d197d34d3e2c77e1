#pragma once
#include <filesystem>
#include <string>

namespace cplae::reduce {

/// The file of a folder's checksums, in the form of sha256sum.
[[nodiscard]] std::filesystem::path sums_file(const std::filesystem::path& folder);
/// Takes the checksums away before the tables change: none are better than wrong ones. Throws IoError.
void remove_sums(const std::filesystem::path& folder);
/// Writes the checksums of all .csv files of the folder. Atomic. Throws IoError.
void write_sums(const std::filesystem::path& folder);

}  // namespace cplae::reduce
