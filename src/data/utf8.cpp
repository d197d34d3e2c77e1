#include "utf8.hpp"

#include <cstdint>

namespace cplae::data {

namespace {

/// Bytes of the sequence that starts with `lead`, 0 for none; `low` and `high` bound its second byte.
struct Sequence {
  std::size_t size = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
};

Sequence sequence_of(std::uint8_t lead) {
  if (lead < 0x80) return {.size = 1};
  if (lead >= 0xC2 && lead <= 0xDF) return {.size = 2};
  // The bounds leave out overlong forms, surrogates and what lies beyond U+10FFFF.
  if (lead == 0xE0) return {.size = 3, .low = 0xA0};
  if (lead == 0xED) return {.size = 3, .high = 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {.size = 3};
  if (lead == 0xF0) return {.size = 4, .low = 0x90};
  if (lead == 0xF4) return {.size = 4, .high = 0x8F};
  if (lead >= 0xF1 && lead <= 0xF3) return {.size = 4};
  return {};
}

bool is_valid(std::string_view text, const Sequence& sequence) {
  if (sequence.size == 0 || sequence.size > text.size()) return false;
  for (std::size_t i = 1; i < sequence.size; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if (byte < (i == 1 ? sequence.low : 0x80) || byte > (i == 1 ? sequence.high : 0xBF)) return false;
  }
  return true;
}

}  // namespace

std::optional<std::size_t> invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Sequence sequence = sequence_of(static_cast<std::uint8_t>(text[at]));
    if (!is_valid(text.substr(at), sequence)) return at;
    at += sequence.size;
  }
  return std::nullopt;
}

}  // namespace cplae::data
