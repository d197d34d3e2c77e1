#pragma once
#include <cstdint>
#include <set>
#include <string>

#include "h5/h5.hpp"

namespace cplae::h5 {

/// Where a file keeps texts of variable length: "global heap collections", by their addresses.
using HeapAddresses = std::set<std::uint64_t>;

/// Throws DataError unless every collection can be walked from its start to its end. HDF5 1.10 believes the
/// sizes that it finds there: at one of 0 it stays for ever, at a large one it leaves the collection.
/// `object` is any of the file; one that is open for writing is not looked at. Source: HDF5 File Format
/// Specification 3.0, section III.E.
void check_heaps(const Handle& object, const HeapAddresses& addresses, const std::string& what);

}  // namespace cplae::h5
