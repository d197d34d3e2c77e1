#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cplae {

/// The candidate nearest to `word` by edit distance, if it is near enough to be a slip (distance <= max(2,
/// length / 3)).
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& candidates);
/// Shortest decimal text that reads back as the same double; "nan", "inf" and "-inf" as such.
[[nodiscard]] std::string number_text(double value);
[[nodiscard]] std::string number_text(float value);
/// "3 s", "12 min", "4.5 h"
[[nodiscard]] std::string duration_text(double seconds);
/// The text with a space for every control character: a message is one line, whatever a name in it holds.
[[nodiscard]] std::string one_line(std::string text);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// The first `most` of them, and how many more there are: "a, b and 3 more".
[[nodiscard]] std::string first_of(const std::vector<std::string>& names, std::size_t most);
/// Whether the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above
/// U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view bytes);
/// One CSV field by RFC 4180: quoted only where needed.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace cplae
