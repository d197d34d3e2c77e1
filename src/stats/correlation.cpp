#include "cplae/stats/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/stats/summary.hpp"

namespace cplae::stats {

namespace {

/// Two series of one length without NaN.
struct Complete {
  std::vector<double> first;
  std::vector<double> second;
};

Complete complete_pairs(std::span<const double> first, std::span<const double> second) {
  if (first.size() != second.size())
    throw NumericError("correlation: " + std::to_string(first.size()) + " and " +
                       std::to_string(second.size()) + " values, expected as many of both");
  Complete complete;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (std::isnan(first[i]) || std::isnan(second[i])) continue;
    complete.first.push_back(first[i]);
    complete.second.push_back(second[i]);
  }
  return complete;
}

bool is_constant(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

double correlation_of_complete(const Complete& pairs) {
  // The mean of equal numbers may round, and differences from it would then be taken for a spread.
  if (pairs.first.size() < 2 || is_constant(pairs.first) || is_constant(pairs.second))
    return std::numeric_limits<double>::quiet_NaN();
  const double mean_x = summarise(pairs.first).mean;
  const double mean_y = summarise(pairs.second).mean;
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < pairs.first.size(); ++i) {
    const double x = pairs.first[i] - mean_x;
    const double y = pairs.second[i] - mean_y;
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  return xx > 0 && yy > 0 ? xy / (std::sqrt(xx) * std::sqrt(yy)) : std::numeric_limits<double>::quiet_NaN();
}

/// From 1; equal values share the mean of their ranks.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]])
      ++end;
    for (std::size_t i = begin; i < end; ++i)
      result[order[i]] = 0.5 * static_cast<double>(begin + 1 + end);
    begin = end;
  }
  return result;
}

}  // namespace

double pearson(std::span<const double> first, std::span<const double> second) {
  return correlation_of_complete(complete_pairs(first, second));
}

double spearman(std::span<const double> first, std::span<const double> second) {
  const Complete pairs = complete_pairs(first, second);
  return correlation_of_complete({ranks_of(pairs.first), ranks_of(pairs.second)});
}

}  // namespace cplae::stats
