#include "cplae/stats/silhouette.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "distances.hpp"

namespace cplae::stats {

namespace {

/// Labels renumbered 0..clusters-1 in ascending order, and the size of each cluster.
struct Clusters {
  std::vector<std::size_t> of_cell;
  std::vector<std::size_t> sizes;
};

Clusters renumber(const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, std::size_t> number;
  for (const std::int64_t label : labels)
    number.emplace(label, 0);
  std::size_t next = 0;
  for (auto& entry : number)
    entry.second = next++;
  Clusters clusters{{}, std::vector<std::size_t>(number.size(), 0)};
  for (const std::int64_t label : labels) {
    clusters.of_cell.push_back(number[label]);
    ++clusters.sizes[number[label]];
  }
  return clusters;
}

double silhouette_of(const std::vector<double>& sums, const Clusters& clusters, std::size_t cell) {
  const std::size_t own = clusters.of_cell[cell];
  if (clusters.sizes[own] == 1) return 0;
  const double within = sums[own] / static_cast<double>(clusters.sizes[own] - 1);
  double between = std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < sums.size(); ++c) {
    if (c != own) between = std::min(between, sums[c] / static_cast<double>(clusters.sizes[c]));
  }
  const double larger = std::max(within, between);
  return larger > 0 ? (between - within) / larger : 0;
}

}  // namespace

std::vector<double> silhouette_per_cell(const MatrixD& values, const std::vector<std::int64_t>& labels) {
  const auto cells = static_cast<std::size_t>(values.rows());
  require_usable(values, "silhouette");
  const Clusters clusters = renumber(labels);
  if (labels.size() != cells || clusters.sizes.size() < 2 || clusters.sizes.size() >= cells) {
    throw NumericError("silhouette: " + std::to_string(labels.size()) + " labels of " +
                       std::to_string(clusters.sizes.size()) + " clusters for " + std::to_string(cells) +
                       " cells, expected one label a cell and 2 to cells - 1 clusters");
  }
  const MatrixD columns = values.transpose();
  std::vector<double> result(cells);
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const MatrixD squares = squared_distances(values.middleRows(static_cast<Eigen::Index>(cell), 1), columns);
    std::vector<double> sums(clusters.sizes.size(), 0.0);
    for (std::size_t i = 0; i < cells; ++i)
      sums[clusters.of_cell[i]] += std::sqrt(squares(0, static_cast<Eigen::Index>(i)));
    result[cell] = silhouette_of(sums, clusters, cell);
  }
  return result;
}

double silhouette(const MatrixD& values, const std::vector<std::int64_t>& labels) {
  return mean_ignoring_nan(silhouette_per_cell(values, labels));
}

Summary silhouette_over_clusters(const MatrixD& values, const std::vector<std::int64_t>& labels) {
  const std::vector<double> per_cell = silhouette_per_cell(values, labels);
  const Clusters clusters = renumber(labels);
  std::vector<double> means(clusters.sizes.size(), 0.0);
  for (std::size_t cell = 0; cell < per_cell.size(); ++cell) {
    const std::size_t own = clusters.of_cell[cell];
    means[own] += per_cell[cell] / static_cast<double>(clusters.sizes[own]);
  }
  return summarise(means);
}

}  // namespace cplae::stats
