#pragma once
#include "h5/h5.hpp"

namespace cplae::h5 {

/// An access list (H5P_LINK_ACCESS, H5P_GROUP_ACCESS, H5P_DATASET_ACCESS) that follows no link out of the
/// file.
[[nodiscard]] Handle refusing_links(hid_t list_class);

}  // namespace cplae::h5
