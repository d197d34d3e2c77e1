#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace cplae::apps {

/// 1234567 -> "1,234,567"
[[nodiscard]] std::string grouped(std::size_t number);
/// Bytes with a binary unit: "1.5 GiB".
[[nodiscard]] std::string bytes_text(double bytes);
/// Floating-point operations with a decimal unit: "1.5 TFLOP".
[[nodiscard]] std::string flop_text(double flop);

/// Rows of equal length as text: the first column to the left, the others to the right, two spaces between,
/// indented by two.
[[nodiscard]] std::string aligned(const std::vector<std::vector<std::string>>& rows);

}  // namespace cplae::apps
