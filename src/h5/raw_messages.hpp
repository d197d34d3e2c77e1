#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace cplae::h5 {

// Messages of an object's header as they lie in the file: HDF5 1.10 takes counts and sizes from them and
// reads on, also beyond their end. Source: HDF5 File Format Specification 3.0, IV.A.2; addresses and lengths
// have 8 bytes.

/// Bytes of one value of a datatype message, if it ends within its bytes with all of its names, members and
/// values.
[[nodiscard]] std::optional<std::uint64_t> value_bytes(std::span<const std::byte> datatype);
/// Elements of a dataspace message, if its dimensions lie within its bytes and their number has 64 bits.
[[nodiscard]] std::optional<std::uint64_t> element_count(std::span<const std::byte> dataspace);

/// Whether the rest of such messages ends within their bytes.
[[nodiscard]] bool fill_value_fits(std::span<const std::byte> message);
[[nodiscard]] bool old_fill_value_fits(std::span<const std::byte> message);
[[nodiscard]] bool layout_fits(std::span<const std::byte> message);
[[nodiscard]] bool filters_fit(std::span<const std::byte> message);

}  // namespace cplae::h5
