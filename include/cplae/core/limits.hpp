#pragma once
// What is believed of a file from a stranger, in one place (docs/architecture.md, "Files from strangers").
#include <cstdint>

namespace cplae::limits {

/// Bytes of memory that the contents of an input file of `file_bytes` may take: half a GiB, and 256 times the
/// file. gzip packs real measurements fewer than 20 times and a sparse matrix of one entry in a hundred
/// unfolds about 100 times; a file that needs more says something about itself that is not there.
[[nodiscard]] constexpr std::uint64_t memory_bytes(std::uint64_t file_bytes) {
  return (std::uint64_t{1} << 29U) + 256 * file_bytes;
}

/// Of one array, whatever the size of its file.
inline constexpr std::uint64_t elements = std::uint64_t{1} << 34U;
/// Texts of one array: each costs a pointer and an allocation.
inline constexpr std::uint64_t texts = std::uint64_t{1} << 28U;
/// Of one text; a name of a cell has a few dozen.
inline constexpr std::uint64_t text_bytes = std::uint64_t{1} << 24U;
/// What one text in memory costs beside its bytes.
inline constexpr std::uint64_t text_overhead = 64;
/// What HDF5 takes for a chunk of an array that it reads from, whatever is in it (measured: 3.87 kB). A chunk
/// that was written takes some dozen bytes of its file at least, so that its own budget pays for it.
inline constexpr std::uint64_t chunk_overhead = 4096;
/// Dimensions of one array.
inline constexpr int rank = 8;
/// Of one attribute.
inline constexpr std::int64_t attribute_elements = std::int64_t{1} << 20U;
/// Columns within columns, cells within cells.
inline constexpr int nesting = 4;
/// Of the tree of cell types.
inline constexpr std::uint64_t taxonomy_nodes = 32768;
inline constexpr std::uint64_t taxonomy_depth = 1024;
/// Bytes of a modality's name.
inline constexpr std::uint64_t name_bytes = 200;

}  // namespace cplae::limits
