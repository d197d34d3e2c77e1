#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "h5/h5.hpp"

namespace cplae::h5 {

/// Texts of variable length as a file's data refer to them: by the address of the "global heap collection"
/// that holds them and their number there; the length that is claimed.
using HeapTexts = std::map<std::uint64_t, std::map<std::uint32_t, std::uint64_t>>;

/// Throws DataError unless every collection can be walked from its start to its end and holds the texts that
/// are looked for in it, of that length. HDF5 1.10 believes the sizes that it finds there: at one of 0 it
/// stays for ever, at a large one it leaves the collection, and so it does for a number that is not there; a
/// text that is longer than claimed is written past its place in memory. `object` is any of the file; one
/// that is open for writing is not looked at. Source: HDF5 File Format Specification 3.0, section III.E.
void check_heaps(const Handle& object, const HeapTexts& texts, const std::string& what);

}  // namespace cplae::h5
