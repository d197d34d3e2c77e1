// A unit file of the journal, with the checksum that its content asks for: without, nothing behind the
// checksum would ever be reached.
#include <span>
#include <string>

#include "cplae/core/hash.hpp"
#include "cplae/core/record.hpp"
#include "cplae/store/network_unit.hpp"
#include "target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(data, data + size);
  cplae::fuzz::expect_result_or_refusal([&] { static_cast<void>(cplae::decode(bytes, "x.unit")); });
  constexpr std::size_t checksum_bytes = 32;
  if (size >= checksum_bytes) bytes.resize(size - checksum_bytes);
  bytes += cplae::hash128_hex(std::as_bytes(std::span(bytes)));
  cplae::fuzz::expect_result_or_refusal([&] {
    const auto record = cplae::decode(bytes, "x.unit");
    const std::string written = cplae::encode(record);
    cplae::fuzz::require(cplae::encode(cplae::decode(written, "again")) == written,
                         "a record that does not read back");
    static_cast<void>(cplae::store::to_network_unit(record));
  });
  return 0;
}
