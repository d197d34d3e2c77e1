#include "row_sums.hpp"

#include "cplae/core/hash.hpp"

namespace cplae::store {

std::string row_digests(std::span<const std::byte> bytes, std::size_t rows) {
  std::string digests;
  for (std::size_t row = 0; row < rows; ++row)
    digests += sha256_hex(bytes.subspan(row * (bytes.size() / rows), bytes.size() / rows));
  return digests;
}

std::string checksum_of_rows(const std::string& digests) {
  return sha256_hex(std::as_bytes(std::span(digests)));
}

}  // namespace cplae::store
