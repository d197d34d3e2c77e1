#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace cplae::h5 {

/// Whether a datatype message of an object's header, as it lies in the file, ends within its bytes with all
/// of its names, members and values. HDF5 1.10 takes their number from the message and reads on. Source: HDF5
/// File Format Specification 3.0, IV.A.2.d.
[[nodiscard]] bool datatype_fits(std::span<const std::byte> message);

}  // namespace cplae::h5
