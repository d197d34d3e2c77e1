#include "h5/raw_messages.hpp"

#include "h5/raw_bytes.hpp"

namespace cplae::h5 {

namespace {

/// Takes `size` bytes, whose number is in the message before them.
bool has_sized_rest(RawBytes bytes) {
  const std::uint64_t size = bytes.number(4);
  // A negative size says that there is none.
  if (size < 0x80000000U) bytes.take(size);
  return !bytes.is_short();
}

void one_filter(RawBytes& bytes, std::uint64_t version) {
  constexpr std::uint64_t first_of_others = 256;
  const std::uint64_t filter = bytes.number(2);
  const bool is_named = version == 1 || filter >= first_of_others;
  const std::uint64_t name = is_named ? bytes.number(2) : 0;
  bytes.take(2);
  const std::uint64_t values = bytes.number(2);
  bytes.take(version == 1 ? (name + 7) / 8 * 8 : name);
  bytes.take(4 * (version == 1 ? values + values % 2 : values));
}

}  // namespace

std::optional<std::uint64_t> element_count(std::span<const std::byte> dataspace) {
  RawBytes bytes(dataspace);
  const std::uint64_t version = bytes.number(1);
  const std::uint64_t rank = bytes.number(1);
  const std::uint64_t flags = bytes.number(1);
  const std::uint64_t kind = bytes.number(1);
  if (version == 1) bytes.take(4);
  std::uint64_t count = version == 2 && kind == 2 ? 0 : 1;
  for (std::uint64_t i = 0; i < rank; ++i) {
    const std::uint64_t size = bytes.number(8);
    if (size != 0 && count > UINT64_MAX / size) return std::nullopt;
    count *= size;
  }
  if ((flags & 1U) != 0) bytes.take(8 * rank);
  return bytes.is_short() ? std::nullopt : std::optional(count);
}

bool fill_value_fits(std::span<const std::byte> message) {
  RawBytes bytes(message);
  const std::uint64_t version = bytes.number(1);
  if (version >= 3) return (bytes.number(1) & 0x20U) == 0 ? !bytes.is_short() : has_sized_rest(bytes);
  bytes.take(2);
  return bytes.number(1) == 0 && version == 2 ? !bytes.is_short() : has_sized_rest(bytes);
}

bool old_fill_value_fits(std::span<const std::byte> message) {
  return has_sized_rest(RawBytes(message));
}

bool layout_fits(std::span<const std::byte> message) {
  RawBytes bytes(message);
  const std::uint64_t version = bytes.number(1);
  if (version < 3) {
    const std::uint64_t rank = bytes.number(1);
    const std::uint64_t kind = bytes.number(1);
    bytes.take(5 + (kind != 0 ? 8 : 0) + 4 * rank);
    return kind == 0 ? has_sized_rest(bytes) : !bytes.is_short();
  }
  const std::uint64_t kind = bytes.number(1);
  if (kind == 0) bytes.take(bytes.number(2));
  if (kind == 1) bytes.take(16);
  if (kind == 2 && version == 3) {
    const std::uint64_t rank = bytes.number(1);
    bytes.take(8 + 4 * rank);
  }
  if (kind == 2 && version > 3) {
    bytes.take(1);
    const std::uint64_t rank = bytes.number(1);
    bytes.take(rank * bytes.number(1) + 1 + 8);
  }
  return !bytes.is_short();
}

bool filters_fit(std::span<const std::byte> message) {
  RawBytes bytes(message);
  const std::uint64_t version = bytes.number(1);
  const std::uint64_t filters = bytes.number(1);
  if (version == 1) bytes.take(6);
  for (std::uint64_t i = 0; i < filters && !bytes.is_short(); ++i)
    one_filter(bytes, version);
  return !bytes.is_short();
}

}  // namespace cplae::h5
