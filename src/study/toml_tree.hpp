#pragma once
#include <optional>
#include <string>

#include "node.hpp"

namespace cplae::study {

constexpr std::size_t largest_study_bytes = std::size_t{1} << 20U;
constexpr std::size_t deepest_nesting = 32;

/// The tables of a TOML text, each value with its place "label:line". Throws UsageError "label:line: reason"
/// for text that is no TOML, is larger than largest_study_bytes or nests deeper than deepest_nesting (toml++
/// recurses).
[[nodiscard]] Table read_tree(const std::string& text, const std::string& label);

/// One TOML value, or none where the text is not one.
[[nodiscard]] std::optional<Node> read_value(const std::string& text, const std::string& where);

}  // namespace cplae::study
