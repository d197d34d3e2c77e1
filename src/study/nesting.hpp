#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace cplae::study {

/// Line (from 1) at which brackets, braces or the dots of a key of a TOML text first nest deeper than
/// `limit`; none if nowhere. Needs no valid TOML and does not recurse, so that it can guard a parser that
/// does.
[[nodiscard]] std::optional<std::size_t> line_nested_deeper_than(std::size_t limit, std::string_view text);

}  // namespace cplae::study
