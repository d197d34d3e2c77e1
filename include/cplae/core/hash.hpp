#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace cplae {

/// XXH3, 64 bits.
[[nodiscard]] std::uint64_t hash64(std::string_view bytes);
/// XXH3, 128 bits, as 32 hexadecimal digits: guards the units of work/.
[[nodiscard]] std::string hash128_hex(std::span<const std::byte> bytes);
/// SHA-256 as 64 hexadecimal digits: the identity of input data.
[[nodiscard]] std::string sha256_hex(std::span<const std::byte> bytes);
/// SHA-256 of a file's bytes. Throws IoError naming the file, DataError for a pipe or a device.
[[nodiscard]] std::string sha256_file(const std::filesystem::path& path);

}  // namespace cplae
