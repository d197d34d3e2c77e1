#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace cplae::store {

/// Name of the attribute of every dataset of results.h5 that holds checksum_of_rows.
inline constexpr const char* checksum_attribute = "sha256_rows";

/// SHA-256 of each of `rows` parts of equal size, in hexadecimal digits, one behind the other. By rows, so
/// that ranks can each do their own and the result depends on no number of ranks.
[[nodiscard]] std::string row_digests(std::span<const std::byte> bytes, std::size_t rows);

/// SHA-256 of the digests of all rows of a dataset, in hexadecimal digits.
[[nodiscard]] std::string checksum_of_rows(const std::string& digests);

}  // namespace cplae::store
