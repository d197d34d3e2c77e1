#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "h5/h5.hpp"

namespace cplae::h5 {

/// Where the bytes of a file lie that HDF5 has open, to look at them before HDF5 does.
struct RawPlace {
  std::filesystem::path path;
  std::uint64_t base = 0;  ///< addresses count from here
};

/// Throws DataError with `what` for a file with addresses of other than 8 bytes.
[[nodiscard]] RawPlace raw_place(const Handle& object, const std::string& what);

/// A file that this program writes has parts in memory only; what comes from others is opened for reading
/// first.
[[nodiscard]] bool is_written(const Handle& object, const std::string& what);

}  // namespace cplae::h5
