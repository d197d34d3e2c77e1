#include "h5/raw_header.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "cplae/core/error.hpp"
#include "h5/raw_bytes.hpp"
#include "h5/raw_file.hpp"
#include "h5/raw_messages.hpp"

namespace cplae::h5 {

namespace {

// Kinds of messages, and a flag of one (HDF5 File Format Specification 3.0, IV.A).
constexpr std::uint64_t dataspace_message = 0x01;
constexpr std::uint64_t datatype_message = 0x03;
constexpr std::uint64_t old_fill_value_message = 0x04;
constexpr std::uint64_t fill_value_message = 0x05;
constexpr std::uint64_t layout_message = 0x08;
constexpr std::uint64_t filters_message = 0x0B;
constexpr std::uint64_t attribute_message = 0x0C;
constexpr std::uint64_t continuation_message = 0x10;
constexpr std::uint64_t is_shared = 0x02;
/// A header of more chunks goes round in circles.
constexpr std::size_t most_chunks = 4096;

std::uint64_t rounded_up(std::uint64_t size, std::uint64_t multiple) {
  return (size + multiple - 1) / multiple * multiple;
}

class RawFile {
public:
  explicit RawFile(const RawPlace& place) : file_(place.path, std::ios::binary), base_(place.base) {
    std::error_code error;
    bytes_ = std::filesystem::file_size(place.path, error);
    if (error) bytes_ = 0;
  }

  /// As many of the bytes as the file has.
  std::vector<std::byte> read(std::uint64_t address, std::uint64_t size) {
    if (base_ > bytes_ || address > bytes_ - base_) return {};
    const std::uint64_t begin = base_ + address;
    std::vector<char> bytes(static_cast<std::size_t>(std::min(size, bytes_ - begin)));
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(begin));
    file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file_.gcount()));
    std::vector<std::byte> raw(bytes.size());
    std::transform(bytes.begin(), bytes.end(), raw.begin(), [](char c) { return static_cast<std::byte>(c); });
    return raw;
  }

private:
  std::ifstream file_;
  std::uint64_t base_;
  std::uint64_t bytes_ = 0;
};

struct Chunk {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

/// Walks over the messages of a header and of all chunks that it goes on in. What is damaged in the walk's
/// own way (sizes, signatures) is left for HDF5 to refuse.
class HeaderWalk {
public:
  /// `is_type`: of a datatype that another header shares.
  HeaderWalk(RawFile& file, bool is_type) : file_(file), is_type_(is_type) {}

  bool fits(std::uint64_t address) {
    std::vector<Chunk> chunks{first_chunk(address)};
    for (std::size_t i = 0; i < chunks.size() && i < most_chunks; ++i)
      if (!messages_fit(chunks[i], chunks)) return false;
    return true;
  }

private:
  Chunk first_chunk(std::uint64_t address) {
    constexpr std::uint64_t longest_prefix = 40;
    const auto start = file_.read(address, longest_prefix);
    RawBytes bytes(start);
    constexpr std::uint64_t signature = 0x5244484F;  // "OHDR"
    is_new_ = bytes.number(4) == signature;
    if (!is_new_) {
      bytes.take(4);
      return {address + 16, bytes.number(4)};
    }
    bytes.take(1);
    const std::uint64_t flags = bytes.number(1);
    is_numbered_ = (flags & 0x04U) != 0;
    bytes.take(((flags & 0x20U) != 0 ? 16U : 0U) + ((flags & 0x10U) != 0 ? 4U : 0U));
    const std::uint64_t size = bytes.number(std::size_t{1} << (flags & 3U));
    return {address + (start.size() - bytes.size()), size};
  }

  bool messages_fit(const Chunk& chunk, std::vector<Chunk>& chunks) {
    const auto all = file_.read(chunk.address, chunk.size);
    RawBytes bytes(all);
    const std::uint64_t rest = is_new_ ? (is_numbered_ ? 2 : 0) : 3;
    while (bytes.size() > 0) {
      const std::uint64_t type = bytes.number(is_new_ ? 1 : 2);
      const std::uint64_t size = bytes.number(2);
      const bool shared = (bytes.number(1) & is_shared) != 0;
      bytes.take(rest);
      const auto body = bytes.take(size);
      if (bytes.is_short()) return true;
      if (type == continuation_message) chunks.push_back(next_chunk(body));
      if (!message_fits(type, shared, body)) return false;
    }
    return true;
  }

  bool message_fits(std::uint64_t type, bool shared, std::span<const std::byte> body) {
    if (type == datatype_message) return (value_bytes_ = type_bytes(shared, body)).has_value();
    // Of the others, those that lie elsewhere are an address here.
    if (shared) return true;
    switch (type) {
      case dataspace_message:
        return element_count(body).has_value();
      case old_fill_value_message:
        return old_fill_value_fits(body);
      case fill_value_message:
        return fill_value_fits(body);
      case layout_message:
        return layout_fits(body);
      case filters_message:
        return filters_fit(body);
      case attribute_message:
        return attribute_fits(body);
      default:
        return true;
    }
  }

  [[nodiscard]] Chunk next_chunk(std::span<const std::byte> body) const {
    RawBytes bytes(body);
    const std::uint64_t address = bytes.number(8);
    const std::uint64_t size = bytes.number(8);
    // In the newer format "OCHK" stands before the messages and a checksum after them.
    return is_new_ ? Chunk{address + 4, size - std::min<std::uint64_t>(size, 8)} : Chunk{address, size};
  }

  /// Of a value of the datatype, if all of that is where it should be.
  std::optional<std::uint64_t> type_bytes(bool shared, std::span<const std::byte> body) {
    if (!shared) return value_bytes(body);
    if (is_type_) return std::nullopt;
    RawBytes bytes(body);
    const std::uint64_t version = bytes.number(1);
    bytes.take(version == 1 ? 15 : 1);
    HeaderWalk elsewhere(file_, true);
    return elsewhere.fits(bytes.number(8)) ? elsewhere.value_bytes_ : std::nullopt;
  }

  bool attribute_fits(std::span<const std::byte> body) {
    RawBytes bytes(body);
    const std::uint64_t version = bytes.number(1);
    const std::uint64_t flags = bytes.number(1);  // 0 in version 1
    const std::uint64_t name = bytes.number(2);
    const std::uint64_t type = bytes.number(2);
    const std::uint64_t space = bytes.number(2);
    if (version >= 3) bytes.take(1);
    const std::uint64_t multiple = version == 1 ? 8 : 1;
    bytes.take(rounded_up(name, multiple));
    const auto value = type_bytes((flags & 1U) != 0, bytes.take(rounded_up(type, multiple)));
    const auto dataspace = bytes.take(rounded_up(space, multiple));
    // A dataspace that lies elsewhere is not what packages of AnnData write.
    const auto count = (flags & 2U) != 0 ? std::nullopt : element_count(dataspace);
    if (bytes.is_short() || !value || !count) return false;
    return *value == 0 || *count <= bytes.size() / *value;
  }

  RawFile& file_;
  bool is_type_;
  std::optional<std::uint64_t> value_bytes_;
  bool is_new_ = false;       ///< version 2 of the format's headers
  bool is_numbered_ = false;  ///< its messages bear their order of creation
};

}  // namespace

void check_header(const Handle& object, haddr_t address, const std::string& what) {
  if (is_written(object, what)) return;
  RawFile file(raw_place(object, what));
  if (!HeaderWalk(file, false).fits(address))
    throw DataError(what + ": damaged: its header says more than it holds");
}

}  // namespace cplae::h5
