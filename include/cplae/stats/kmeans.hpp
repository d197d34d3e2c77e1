#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/core/random.hpp"

namespace cplae::stats {

struct KMeansOptions {
  std::size_t clusters = 8;
  std::size_t max_iterations = 300;
  double tolerance =
      1e-4;  ///< on the squared move of all centres, in units of the mean variance of the columns
};

struct KMeans {
  std::vector<std::int64_t> labels;  ///< [cells], 0..clusters-1
  MatrixD centres;                   ///< [clusters x dim]
  double inertia = 0;                ///< sum of squared distances to the own centre
  std::size_t iterations = 0;
};

/// Lloyd's algorithm from one greedy k-means++ seeding, with the rules of scikit-learn's KMeans(n_init=1):
/// stops when no label changes or the centres hardly move; an empty cluster takes the cell that is farthest
/// from its centre. Where there are fewer distinct cells than clusters, some clusters stay empty. Throws
/// NumericError when clusters is 0 or exceeds the cells, or an entry is not finite.
[[nodiscard]] KMeans k_means(const MatrixD& values, const KMeansOptions& options, const RandomStream& random);

}  // namespace cplae::stats
