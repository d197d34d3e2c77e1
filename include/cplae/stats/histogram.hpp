#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace cplae::stats {

/// The q-quantile by linear interpolation between order statistics (numpy.quantile). Throws NumericError when
/// there is no value, a value is not finite, or q is outside 0 to 1.
[[nodiscard]] double quantile(std::span<const double> values, double q);

/// The quantiles at all of these shares. Throws as quantile.
[[nodiscard]] std::vector<double> quantiles(std::span<const double> values, std::span<const double> shares);

/// Edges of equal bins by the rule of Freedman and Diaconis (width 2 IQR n^(-1/3)), exactly those of
/// numpy.histogram_bin_edges(x, bins="fd") on floats: quartiles by linear interpolation; one bin if the
/// interquartile range is 0; a constant x gets one bin of width 1 around it. Throws NumericError when there
/// is no value, a value is not finite, or the bins would be too many to tell apart (or above 10^7).
[[nodiscard]] std::vector<double> freedman_diaconis_edges(std::span<const double> values);

/// Number of values in each bin [edge i, edge i+1); the last bin holds its right edge too. edges: ascending,
/// two or more.
[[nodiscard]] std::vector<std::size_t> histogram(std::span<const double> values,
                                                 std::span<const double> edges);

/// The most frequent value within the fullest Freedman-Diaconis bin; ties, of bins and of values, go to the
/// smaller. Throws as freedman_diaconis_edges.
[[nodiscard]] double modal_value(std::span<const double> values);

}  // namespace cplae::stats
