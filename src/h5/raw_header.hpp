#pragma once
#include <string>

#include "h5/h5.hpp"

namespace cplae::h5 {

/// Looks over an object's header, as it lies in the file, before HDF5 does: throws DataError with `what`
/// where a message of it does not hold what it says (raw_messages.hpp). `object`: anything of the file;
/// `address`: of the header, as H5Oget_info tells it. Files that are open for writing are this program's own,
/// and left alone. Local.
void check_header(const Handle& object, haddr_t address, const std::string& what);

}  // namespace cplae::h5
