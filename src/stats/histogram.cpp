#include "cplae/stats/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::stats {

namespace {

constexpr double most_bins = 1e7;

/// With the roundings of numpy.quantile.
double quantile_of_sorted(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = position - std::floor(position);
  const double step = sorted[above] - sorted[below];
  return part >= 0.5 ? sorted[above] - step * (1 - part) : sorted[below] + step * part;
}

std::size_t bin_count(const std::vector<double>& sorted) {
  const double range = sorted.back() - sorted.front();
  const double spread = quantile_of_sorted(sorted, 0.75) - quantile_of_sorted(sorted, 0.25);
  const double width = 2.0 * spread * std::pow(static_cast<double>(sorted.size()), -1.0 / 3.0);
  if (range == 0 || width == 0) return 1;
  const double bins = std::ceil(range / width);
  if (!(bins <= most_bins)) {
    throw NumericError("histogram: bins of width " + number_text(width) + " over a range of " +
                       number_text(range) + " would be more than 10^7");
  }
  return static_cast<std::size_t>(bins);
}

std::vector<double> sorted_finite(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  for (const double value : sorted) {
    if (!std::isfinite(value))
      throw NumericError("histogram: value " + number_text(value) + ", expected finite numbers");
  }
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) throw NumericError("histogram: no values, expected one or more");
  return sorted;
}

std::size_t fullest(const std::vector<std::size_t>& counts) {
  return static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
}

}  // namespace

std::vector<double> quantiles(std::span<const double> values, std::span<const double> shares) {
  const std::vector<double> sorted = sorted_finite(values);
  std::vector<double> result;
  for (const double q : shares) {
    if (!(q >= 0 && q <= 1))
      throw NumericError("quantile: " + number_text(q) + " asked for, expected 0 to 1");
    result.push_back(quantile_of_sorted(sorted, q));
  }
  return result;
}

double quantile(std::span<const double> values, double q) {
  return quantiles(values, std::span(&q, 1)).front();
}

std::vector<double> freedman_diaconis_edges(std::span<const double> values) {
  const std::vector<double> sorted = sorted_finite(values);
  const std::size_t bins = bin_count(sorted);
  const bool constant = sorted.front() == sorted.back();
  const double first = constant ? sorted.front() - 0.5 : sorted.front();
  const double last = constant ? sorted.back() + 0.5 : sorted.back();
  const double step = (last - first) / static_cast<double>(bins);
  std::vector<double> edges(bins + 1);
  for (std::size_t i = 0; i < bins; ++i)
    edges[i] = static_cast<double>(i) * step + first;
  edges[bins] = last;
  for (std::size_t i = 0; i < bins; ++i) {
    if (edges[i] < edges[i + 1]) continue;
    throw NumericError("histogram: " + std::to_string(bins) + " bins between " + number_text(first) +
                       " and " + number_text(last) + " cannot be told apart");
  }
  return edges;
}

std::vector<std::size_t> histogram(std::span<const double> values, std::span<const double> edges) {
  std::vector<std::size_t> counts(edges.size() - 1, 0);
  for (const double value : values) {
    if (!(value >= edges.front() && value <= edges.back())) continue;
    const auto right = std::upper_bound(edges.begin(), edges.end(), value);
    const auto bin = static_cast<std::size_t>(right - edges.begin()) - 1;
    ++counts[std::min(bin, counts.size() - 1)];
  }
  return counts;
}

double modal_value(std::span<const double> values) {
  const std::vector<double> edges = freedman_diaconis_edges(values);
  const std::size_t bin = fullest(histogram(values, edges));
  std::vector<double> inside;
  for (const double value : sorted_finite(values)) {
    const bool last = bin + 2 == edges.size();
    if (value >= edges[bin] && (value < edges[bin + 1] || last)) inside.push_back(value);
  }
  double best = inside.front();
  std::ptrdiff_t best_count = 0;
  for (auto run = inside.begin(); run != inside.end();) {
    const auto end = std::upper_bound(run, inside.end(), *run);
    if (end - run > best_count) {
      best_count = end - run;
      best = *run;
    }
    run = end;
  }
  return best;
}

}  // namespace cplae::stats
