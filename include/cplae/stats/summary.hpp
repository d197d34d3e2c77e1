#pragma once
#include <cstddef>
#include <span>

namespace cplae::stats {

/// Mean and spread of replicates.
struct Summary {
  double mean = 0;    ///< NaN without a value
  double sd = 0;      ///< divisor n - 1; NaN below two values
  std::size_t n = 0;  ///< values that are not NaN
};

/// Mean, SD and number of the values that are not NaN.
[[nodiscard]] Summary summarise(std::span<const double> values);

/// Mean of the values that are not NaN; NaN if there is none.
[[nodiscard]] double mean_ignoring_nan(std::span<const double> values);

}  // namespace cplae::stats
