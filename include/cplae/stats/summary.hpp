#pragma once
#include <cmath>
#include <cstddef>
#include <span>

namespace cplae::stats {

/// Mean and spread of replicates.
struct Summary {
  double mean = 0;    ///< NaN without a value
  double sd = 0;      ///< divisor n - 1; NaN below two values
  std::size_t n = 0;  ///< values that are not NaN
};

/// Mean and spread of values that come one by one (Welford 1962).
struct RunningMoments {
  double n = 0;
  double mean = 0;
  double squares = 0;  ///< of the differences from the mean, summed

  void add(double value) {
    n += 1;
    const double step = value - mean;
    mean += step / n;
    squares += step * (value - mean);
  }
  /// Divisor n; NaN without a value.
  [[nodiscard]] double population_sd() const { return std::sqrt(squares / n); }
};

/// Mean, SD and number of the values that are not NaN.
[[nodiscard]] Summary summarise(std::span<const double> values);

/// Mean of the values that are not NaN; NaN if there is none.
[[nodiscard]] double mean_ignoring_nan(std::span<const double> values);

}  // namespace cplae::stats
