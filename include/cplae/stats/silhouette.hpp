#pragma once
#include <cstdint>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/stats/summary.hpp"

namespace cplae::stats {

/// Silhouette of every cell, (b - a) / max(a, b) with Euclidean distances: a = mean distance to its cluster's
/// other cells, b = least mean distance to another cluster; 0 in a cluster of one cell and where a = b = 0
/// (scikit-learn's silhouette_samples). values [cells x dim], labels [cells]. Throws NumericError unless 2 <=
/// clusters < cells and all entries are finite.
[[nodiscard]] std::vector<double> silhouette_per_cell(const MatrixD& values,
                                                      const std::vector<std::int64_t>& labels);

/// Mean of silhouette_per_cell.
[[nodiscard]] double silhouette(const MatrixD& values, const std::vector<std::int64_t>& labels);

/// Mean and SD over clusters of each cluster's mean of silhouette_per_cell, so that every cluster counts
/// alike; n clusters. Throws as that does.
[[nodiscard]] Summary silhouette_over_clusters(const MatrixD& values,
                                               const std::vector<std::int64_t>& labels);

}  // namespace cplae::stats
