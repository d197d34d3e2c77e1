#include "cplae/stats/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "kernels/kernels.hpp"

namespace cplae::stats {

namespace {

/// Numbers of a stream, one after the other.
class Draws {
public:
  explicit Draws(const RandomStream& random) : random_(random) {}
  double uniform() { return random_.uniform_double(next_++); }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_.below(bound, next_++)); }

private:
  const RandomStream& random_;
  std::uint64_t next_ = 0;
};

class Lloyd {
public:
  Lloyd(const MatrixD& values, std::size_t clusters);

  void seed(Draws draws);
  void assign();
  void move_empty_clusters();
  /// Moves the centres to the means of their cells; returns the sum of squared moves.
  double move_centres();

  [[nodiscard]] std::span<const std::int64_t> labels() const { return std::span(nearest_).first(cells_); }
  [[nodiscard]] double inertia() const { return std::accumulate(distance_.cbegin(), end_of_cells(), 0.0); }
  [[nodiscard]] MatrixD centres() const {
    return Eigen::Map<const MatrixD>(centres_.data(), static_cast<Eigen::Index>(clusters_),
                                     static_cast<Eigen::Index>(dim_));
  }

private:
  [[nodiscard]] std::vector<double>::const_iterator end_of_cells() const {
    return distance_.begin() + static_cast<std::ptrdiff_t>(cells_);
  }
  [[nodiscard]] const double* column(std::size_t j) const { return columns_.data() + j * padded_; }
  [[nodiscard]] Centres all_centres() const {
    return {.dim = dim_,
            .clusters = clusters_,
            .cells = padded_,
            .columns = columns_.data(),
            .centres = centres_.data()};
  }
  double closer_with(std::size_t cell, std::vector<double>& out);
  [[nodiscard]] std::size_t draw_by_distance(double total, Draws& draws) const;
  void set_centre(std::size_t cluster, std::size_t cell);

  const Kernels& kernels_ = best_kernels();
  std::size_t cells_;
  std::size_t dim_;
  std::size_t clusters_;
  std::size_t padded_;                 // cells, rounded up to whole blocks
  std::vector<double> columns_;        // [dim x padded]; the last cell is repeated
  std::vector<double> centres_;        // [clusters x dim]
  std::vector<double> distance_;       // squared, to the nearest centre, [padded]
  std::vector<std::int64_t> nearest_;  // [padded]
  std::vector<double> trial_;          // scratch, [padded]
};

Lloyd::Lloyd(const MatrixD& values, std::size_t clusters)
    : cells_(static_cast<std::size_t>(values.rows())),
      dim_(static_cast<std::size_t>(values.cols())),
      clusters_(clusters),
      padded_((cells_ + cell_block - 1) / cell_block * cell_block),
      columns_(dim_ * padded_),
      centres_(clusters * dim_),
      distance_(padded_),
      nearest_(padded_),
      trial_(padded_) {
  for (std::size_t j = 0; j < dim_; ++j) {
    for (std::size_t i = 0; i < padded_; ++i)
      columns_[j * padded_ + i] = values.data()[std::min(i, cells_ - 1) * dim_ + j];
  }
}

/// Squared distances to the nearest centre if the cell were one too; returns their sum.
double Lloyd::closer_with(std::size_t cell, std::vector<double>& out) {
  std::vector<double> centre(dim_);
  for (std::size_t j = 0; j < dim_; ++j)
    centre[j] = column(j)[cell];
  Centres one = all_centres();
  one.centres = centre.data();
  return kernels_.closer(one, distance_.data(), cells_, out.data());
}

void Lloyd::set_centre(std::size_t cluster, std::size_t cell) {
  for (std::size_t j = 0; j < dim_; ++j)
    centres_[cluster * dim_ + j] = column(j)[cell];
}

std::size_t Lloyd::draw_by_distance(double total, Draws& draws) const {
  // All cells lie on centres already: any is as good.
  if (!(total > 0)) return draws.below(cells_);
  const double target = draws.uniform() * total;
  double sum = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < cells_; ++i) {
    if (distance_[i] > 0) last = i;
    sum += distance_[i];
    if (sum > target) return i;
  }
  return last;
}

void Lloyd::seed(Draws draws) {
  const std::size_t first = draws.below(cells_);
  set_centre(0, first);
  std::fill(distance_.begin(), distance_.end(), std::numeric_limits<double>::infinity());
  double total = closer_with(first, distance_);
  const std::size_t trials = 2 + static_cast<std::size_t>(std::log(static_cast<double>(clusters_)));
  std::vector<double> kept(padded_);
  for (std::size_t cluster = 1; cluster < clusters_; ++cluster) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t chosen = 0;
    for (std::size_t t = 0; t < trials; ++t) {
      const std::size_t cell = draw_by_distance(total, draws);
      const double sum = closer_with(cell, trial_);
      if (sum >= least) continue;
      least = sum;
      chosen = cell;
      kept.swap(trial_);
    }
    set_centre(cluster, chosen);
    distance_.swap(kept);
    total = least;
  }
}

void Lloyd::assign() {
  kernels_.nearest(all_centres(), distance_.data(), nearest_.data());
}

void Lloyd::move_empty_clusters() {
  std::vector<std::size_t> sizes(clusters_, 0);
  for (const std::int64_t own : labels())
    ++sizes[static_cast<std::size_t>(own)];
  for (std::size_t c = 0; c < clusters_; ++c) {
    if (sizes[c] > 0) continue;
    const auto farthest =
        static_cast<std::size_t>(std::max_element(distance_.cbegin(), end_of_cells()) - distance_.cbegin());
    if (distance_[farthest] == 0) return;
    --sizes[static_cast<std::size_t>(nearest_[farthest])];
    ++sizes[c];
    nearest_[farthest] = static_cast<std::int64_t>(c);
    distance_[farthest] = 0;
  }
}

double Lloyd::move_centres() {
  std::vector<double> sums(clusters_ * dim_, 0.0);
  std::vector<double> sizes(clusters_, 0.0);
  for (const std::int64_t own : labels())
    sizes[static_cast<std::size_t>(own)] += 1;
  for (std::size_t j = 0; j < dim_; ++j) {
    for (std::size_t i = 0; i < cells_; ++i)
      sums[static_cast<std::size_t>(nearest_[i]) * dim_ + j] += column(j)[i];
  }
  double moved = 0;
  for (std::size_t c = 0; c < clusters_; ++c) {
    if (sizes[c] == 0) continue;
    for (std::size_t j = 0; j < dim_; ++j) {
      const double next = sums[c * dim_ + j] / sizes[c];
      moved += (next - centres_[c * dim_ + j]) * (next - centres_[c * dim_ + j]);
      centres_[c * dim_ + j] = next;
    }
  }
  return moved;
}

double mean_variance(const MatrixD& values) {
  return (values.rowwise() - values.colwise().mean()).squaredNorm() / static_cast<double>(values.size());
}

}  // namespace

KMeans k_means(const MatrixD& values, const KMeansOptions& options, const RandomStream& random) {
  if (options.clusters < 1 || options.clusters > static_cast<std::size_t>(values.rows())) {
    throw NumericError("k-means: " + std::to_string(options.clusters) + " clusters of " +
                       std::to_string(values.rows()) + " cells, expected 1 to as many clusters as cells");
  }
  require_usable(values, "k-means");
  const double tolerance = options.tolerance * mean_variance(values);
  Lloyd lloyd(values, options.clusters);
  lloyd.seed(Draws(random));
  KMeans result;
  std::vector<std::int64_t> before;
  bool settled = false;
  while (result.iterations < options.max_iterations && !settled) {
    ++result.iterations;
    lloyd.assign();
    lloyd.move_empty_clusters();
    const double moved = lloyd.move_centres();
    const auto labels = lloyd.labels();
    settled = std::equal(labels.begin(), labels.end(), before.begin(), before.end()) || moved <= tolerance;
    before.assign(labels.begin(), labels.end());
  }
  lloyd.assign();
  result.labels.assign(lloyd.labels().begin(), lloyd.labels().end());
  result.centres = lloyd.centres();
  result.inertia = lloyd.inertia();
  return result;
}

}  // namespace cplae::stats
