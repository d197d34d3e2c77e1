#pragma once
#include <cstdint>
#include <string>

#include "h5/h5.hpp"

namespace cplae::h5 {

struct ObjectInfo {
  H5O_type_t type;
  haddr_t address;         ///< of its header
  std::uint64_t messages;  ///< a bit for each kind of message there
};

/// From the object's header alone: it is not opened, since that reads all of what a stranger wrote. `list`: a
/// list of link access properties.
[[nodiscard]] ObjectInfo info_of_object(const Handle& parent, const std::string& path, const Handle& list);

}  // namespace cplae::h5
