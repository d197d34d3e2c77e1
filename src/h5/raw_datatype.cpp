#include "h5/raw_bytes.hpp"
#include "h5/raw_messages.hpp"

namespace cplae::h5 {

namespace {

enum Class : std::uint64_t {
  fixed = 0,
  floating = 1,
  time = 2,
  string = 3,
  bits = 4,
  opaque = 5,
  compound = 6,
  reference = 7,
  enumeration = 8,
  variable_length = 9,
  array = 10
};

constexpr int deepest = 32;
/// Of a value of variable length: its length, and where it lies. HDF5 takes room for as many as the type
/// says, and reads so many.
constexpr std::uint64_t reference_bytes = 16;

/// Reads one datatype off the bytes; the size in bytes of its values.
class Reader {
public:
  explicit Reader(std::span<const std::byte> message) : bytes_(message) {}

  std::uint64_t type(int depth) {
    const std::uint64_t first = bytes_.number(1);
    const std::uint64_t version = first >> 4U;
    const std::uint64_t flags = bytes_.number(3);
    const std::uint64_t size = bytes_.number(4);
    const std::uint64_t members = flags & 0xFFFFU;
    is_known_ = is_known_ && depth < deepest && version >= 1 && version <= 3;
    if (!fits()) return 0;
    switch (first & 0xFU) {
      case fixed:
      case bits:
        bytes_.take(4);
        break;
      case floating:
        bytes_.take(12);
        break;
      case time:
        bytes_.take(2);
        break;
      case string:
      case reference:
        break;
      case opaque:
        bytes_.take(flags & 0xFFU);
        break;
      case compound:
        for (std::uint64_t i = 0; i < members && fits(); ++i)
          member(version, size, depth);
        break;
      case enumeration:
        enumerated(version, members, depth);
        break;
      case variable_length:
        is_known_ = is_known_ && size == reference_bytes;
        type(depth + 1);
        break;
      case array:
        dimensions(version);
        type(depth + 1);
        break;
      default:
        is_known_ = false;
    }
    return size;
  }

  [[nodiscard]] bool fits() const { return is_known_ && !bytes_.is_short(); }

private:
  void name(std::uint64_t version) { bytes_.name(version < 3 ? 8 : 1); }

  void member(std::uint64_t version, std::uint64_t size, int depth) {
    name(version);
    bytes_.take(version < 3 ? 4 : bytes_for(size));
    if (version == 1) bytes_.take(28);  // of an array
    type(depth + 1);
  }

  void enumerated(std::uint64_t version, std::uint64_t members, int depth) {
    const std::uint64_t width = type(depth + 1);
    for (std::uint64_t i = 0; i < members && fits(); ++i)
      name(version);
    bytes_.take(members * width);
  }

  void dimensions(std::uint64_t version) {
    const std::uint64_t rank = bytes_.number(1);
    bytes_.take(version < 3 ? 3 + 8 * rank : 4 * rank);
  }

  /// Bytes that offsets into so large a value take.
  static std::uint64_t bytes_for(std::uint64_t size) {
    std::uint64_t bytes = 1;
    while (bytes < 8 && size >> (8 * bytes) != 0)
      ++bytes;
    return bytes;
  }

  RawBytes bytes_;
  bool is_known_ = true;
};

}  // namespace

std::optional<std::uint64_t> value_bytes(std::span<const std::byte> datatype) {
  Reader reader(datatype);
  const std::uint64_t size = reader.type(0);
  return reader.fits() ? std::optional(size) : std::nullopt;
}

}  // namespace cplae::h5
