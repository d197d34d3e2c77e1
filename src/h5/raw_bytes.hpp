#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cplae::h5 {

/// Takes numbers and names off the front of raw bytes. Once something lies beyond their end, `is_short` stays
/// true and all that follows is 0.
class RawBytes {
public:
  explicit RawBytes(std::span<const std::byte> bytes) : left_(bytes) {}

  [[nodiscard]] bool is_short() const { return is_short_; }
  [[nodiscard]] std::size_t size() const { return left_.size(); }

  std::span<const std::byte> take(std::uint64_t count) {
    if (count > left_.size()) {
      is_short_ = true;
      left_ = {};
      return {};
    }
    const auto taken = left_.first(static_cast<std::size_t>(count));
    left_ = left_.subspan(static_cast<std::size_t>(count));
    return taken;
  }

  /// Of `width` bytes, the least one first.
  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    const auto bytes = take(width);
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 8); ++i)
      value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    return value;
  }

  /// Up to and with the zero that ends it, then up to a multiple of `multiple` bytes.
  void name(std::size_t multiple) {
    const auto end = std::find(left_.begin(), left_.end(), std::byte{0});
    const auto length = static_cast<std::size_t>(end - left_.begin()) + 1;
    take(end == left_.end() ? left_.size() + 1 : (length + multiple - 1) / multiple * multiple);
  }

private:
  std::span<const std::byte> left_;
  bool is_short_ = false;
};

}  // namespace cplae::h5
