#include "cplae/stats/paired.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "cplae/stats/summary.hpp"

namespace cplae::stats {

PairedDifference paired_difference(std::span<const double> first, std::span<const double> second,
                                   double confidence) {
  PairedDifference result;
  std::vector<double> differences;
  for (std::size_t i = 0; i < first.size(); ++i) {
    differences.push_back(second[i] - first[i]);
    if (std::isnan(first[i]) != std::isnan(second[i])) ++result.unpaired;
  }
  const Summary summary = summarise(differences);
  result.pairs = summary.n;
  result.mean = summary.mean;
  result.sd = summary.sd;
  result.half_width = std::numeric_limits<double>::quiet_NaN();
  if (summary.n < 2) return result;
  const auto n = static_cast<double>(summary.n);
  const boost::math::students_t t(n - 1);
  result.half_width =
      boost::math::quantile(boost::math::complement(t, (1 - confidence) / 2)) * summary.sd / std::sqrt(n);
  return result;
}

}  // namespace cplae::stats
