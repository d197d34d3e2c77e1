#pragma once
#include <optional>
#include <string_view>

namespace cplae::data {

/// Place of the first byte that is no valid UTF-8 (RFC 3629), none if all is.
[[nodiscard]] std::optional<std::size_t> invalid_utf8(std::string_view text);

}  // namespace cplae::data
