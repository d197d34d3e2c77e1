#pragma once
#include <cstddef>
#include <span>

namespace cplae::stats {

/// How far two series of measurements of the same things are apart.
struct PairedDifference {
  std::size_t pairs = 0;     ///< with a number on both sides
  std::size_t unpaired = 0;  ///< with a number on one side only
  double mean = 0;           ///< of second - first; NaN without a pair
  double sd = 0;             ///< divisor n - 1; NaN below two pairs
  double half_width = 0;     ///< the interval of the mean is mean +- half_width; NaN below two pairs
};

/// Student's t interval of the mean of paired differences, mean +- t(1 - alpha / 2, n - 1) sd / sqrt(n),
/// alpha = 1 - confidence (Gosset 1908). Pairs with a NaN are left out. Pre-conditions: series of one length,
/// 0 < confidence < 1.
[[nodiscard]] PairedDifference paired_difference(std::span<const double> first,
                                                 std::span<const double> second, double confidence);

}  // namespace cplae::stats
