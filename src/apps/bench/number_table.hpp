#pragma once
#include <filesystem>

#include "cplae/core/matrix.hpp"

namespace cplae::apps::bench {

/// A table of numbers separated by commas, rows of one length; the first line may be a header, which is any
/// line with a field that is no number. [rows x columns]. Throws DataError naming file, line and what was
/// found, IoError.
[[nodiscard]] MatrixD read_numbers(const std::filesystem::path& path);

}  // namespace cplae::apps::bench
