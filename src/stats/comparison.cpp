#include "cplae/stats/comparison.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/stats/paired.hpp"

namespace cplae::stats {

namespace {

void require_design(std::size_t first, std::size_t second, const FoldDesign& design) {
  const bool usable = design.test_to_train >= 0 && std::isfinite(design.test_to_train) &&
                      design.confidence > 0 && design.confidence < 1;
  if (first == second && usable) return;
  throw NumericError("comparison over folds: " + std::to_string(first) + " and " + std::to_string(second) +
                     " values, held-out over training cells " + number_text(design.test_to_train) +
                     ", confidence " + number_text(design.confidence) +
                     ", expected as many of each, 0 or more, and a number between 0 and 1");
}

double two_sided(const boost::math::students_t& t, double mean, double standard_error) {
  if (standard_error == 0) return mean == 0 ? 1 : 0;
  return 2 * boost::math::cdf(boost::math::complement(t, std::abs(mean) / standard_error));
}

}  // namespace

FoldDifference fold_difference(std::span<const double> first, std::span<const double> second,
                               const FoldDesign& design) {
  require_design(first.size(), second.size(), design);
  const PairedDifference plain = paired_difference(first, second, design.confidence);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  FoldDifference result{plain.pairs, plain.unpaired, plain.mean, plain.sd, nan, nan, nan};
  if (plain.pairs < 2) return result;
  const auto folds = static_cast<double>(plain.pairs);
  const boost::math::students_t t(folds - 1);
  result.standard_error = plain.sd * std::sqrt(1 / folds + design.test_to_train);
  result.half_width =
      boost::math::quantile(boost::math::complement(t, (1 - design.confidence) / 2)) * result.standard_error;
  result.p_value = two_sided(t, result.mean, result.standard_error);
  return result;
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (std::isnan(p_values[i])) continue;
    if (!(p_values[i] >= 0 && p_values[i] <= 1))
      throw NumericError("Holm's correction: p value " + number_text(p_values[i]) + ", expected 0 to 1");
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.begin(), p_values.end());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    largest = std::max(largest, std::min(1.0, left * p_values[order[rank]]));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace cplae::stats
