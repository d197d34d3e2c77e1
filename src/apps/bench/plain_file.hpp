#pragma once
#include <cstddef>
#include <filesystem>

namespace cplae::apps::bench {

/// Writes `bytes` to a new or emptied file, in pieces of a megabyte from one buffer, and flushes it to the
/// disk: the least that keeping so many bytes takes. Throws IoError naming the file. Local.
void plain_write(const std::filesystem::path& path, std::size_t bytes);

/// Reads a file from its start to its end, in pieces of a megabyte into one buffer. Throws IoError naming the
/// file, also when it does not have `bytes`. Local.
void plain_read(const std::filesystem::path& path, std::size_t bytes);

}  // namespace cplae::apps::bench
