#include "cplae/stats/summary.hpp"

#include <cmath>
#include <limits>

namespace cplae::stats {

Summary summarise(std::span<const double> values) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  Summary result;
  double sum = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++result.n;
  }
  result.mean = result.n > 0 ? sum / static_cast<double>(result.n) : nan;
  double squares = 0;
  for (const double value : values) {
    if (!std::isnan(value)) squares += (value - result.mean) * (value - result.mean);
  }
  result.sd = result.n > 1 ? std::sqrt(squares / static_cast<double>(result.n - 1)) : nan;
  return result;
}

double mean_ignoring_nan(std::span<const double> values) {
  return summarise(values).mean;
}

}  // namespace cplae::stats
