#include "cplae/stats/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"

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
  Lloyd(const MatrixD& values, std::size_t clusters)
      : cells_(static_cast<std::size_t>(values.rows())),
        dim_(static_cast<std::size_t>(values.cols())),
        clusters_(clusters),
        columns_(values.transpose()),
        centres_(clusters * dim_),
        distance_(cells_),
        nearest_(cells_),
        trial_(cells_) {}

  void seed(Draws draws);
  void assign();
  void move_empty_clusters();
  /// Moves the centres to the means of their cells; returns the sum of squared moves.
  double move_centres();

  [[nodiscard]] std::vector<std::int64_t> labels() const { return nearest_; }
  [[nodiscard]] double inertia() const { return std::accumulate(distance_.begin(), distance_.end(), 0.0); }
  [[nodiscard]] MatrixD centres() const {
    return Eigen::Map<const MatrixD>(centres_.data(), static_cast<Eigen::Index>(clusters_),
                                     static_cast<Eigen::Index>(dim_));
  }

private:
  [[nodiscard]] const double* column(std::size_t j) const { return columns_.data() + j * cells_; }
  void distances_to(const double* centre, std::vector<double>& out) const;
  void distances_to_cell(std::size_t cell, std::vector<double>& out) const;
  [[nodiscard]] std::size_t draw_by_distance(double total, Draws& draws) const;
  void set_centre(std::size_t cluster, std::size_t cell);

  std::size_t cells_;
  std::size_t dim_;
  std::size_t clusters_;
  MatrixD columns_;                    // [dim x cells]
  std::vector<double> centres_;        // [clusters x dim]
  std::vector<double> distance_;       // squared, to the nearest centre, [cells]
  std::vector<std::int64_t> nearest_;  // [cells]
  std::vector<double> trial_;          // scratch, [cells]
};

void Lloyd::distances_to(const double* centre, std::vector<double>& out) const {
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t j = 0; j < dim_; ++j) {
    const double* values = column(j);
    const double own = centre[j];
    for (std::size_t i = 0; i < cells_; ++i)
      out[i] += (values[i] - own) * (values[i] - own);
  }
}

void Lloyd::distances_to_cell(std::size_t cell, std::vector<double>& out) const {
  std::vector<double> centre(dim_);
  for (std::size_t j = 0; j < dim_; ++j)
    centre[j] = column(j)[cell];
  distances_to(centre.data(), out);
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
  distances_to_cell(first, distance_);
  double total = inertia();
  const std::size_t trials = 2 + static_cast<std::size_t>(std::log(static_cast<double>(clusters_)));
  std::vector<double> kept(cells_);
  for (std::size_t cluster = 1; cluster < clusters_; ++cluster) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t chosen = 0;
    for (std::size_t t = 0; t < trials; ++t) {
      const std::size_t cell = draw_by_distance(total, draws);
      distances_to_cell(cell, trial_);
      for (std::size_t i = 0; i < cells_; ++i)
        trial_[i] = std::min(trial_[i], distance_[i]);
      const double sum = std::accumulate(trial_.begin(), trial_.end(), 0.0);
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
  std::fill(distance_.begin(), distance_.end(), std::numeric_limits<double>::infinity());
  for (std::size_t c = 0; c < clusters_; ++c) {
    distances_to(centres_.data() + c * dim_, trial_);
    const auto own = static_cast<std::int64_t>(c);
    for (std::size_t i = 0; i < cells_; ++i) {
      const bool nearer = trial_[i] < distance_[i];
      distance_[i] = nearer ? trial_[i] : distance_[i];
      nearest_[i] = nearer ? own : nearest_[i];
    }
  }
}

void Lloyd::move_empty_clusters() {
  std::vector<std::size_t> sizes(clusters_, 0);
  for (const std::int64_t own : nearest_)
    ++sizes[static_cast<std::size_t>(own)];
  for (std::size_t c = 0; c < clusters_; ++c) {
    if (sizes[c] > 0) continue;
    const auto farthest =
        static_cast<std::size_t>(std::max_element(distance_.begin(), distance_.end()) - distance_.begin());
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
  for (const std::int64_t own : nearest_)
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
    const std::vector<std::int64_t> labels = lloyd.labels();
    settled = labels == before || moved <= tolerance;
    before = labels;
  }
  lloyd.assign();
  result.labels = lloyd.labels();
  result.centres = lloyd.centres();
  result.inertia = lloyd.inertia();
  return result;
}

}  // namespace cplae::stats
