#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/core/random.hpp"

namespace cplae::stats {

/// A Gaussian mixture with full covariances.
struct GaussianMixture {
  VectorD weights;                   ///< [components], sums to 1
  MatrixD means;                     ///< [components x dim]
  std::vector<MatrixD> covariances;  ///< [components] of [dim x dim]

  /// Free parameters: k d (d + 1) / 2 + k d + k - 1.
  [[nodiscard]] std::size_t parameter_count() const;
};

struct MixtureOptions {
  std::size_t components = 1;
  std::size_t starts = 50;
  double tolerance = 1e-6;         ///< on the change of the mean log-likelihood of a cell
  double covariance_floor = 1e-4;  ///< added to the diagonal of each covariance
  std::size_t max_iterations = 10000;
  std::size_t swaps = 10;  ///< tried after each start on the best run so far; 0 = scikit-learn's starts alone
  std::function<bool()> stop =
      {};  ///< asked before every start, every swap and every 50 iterations; true = throw Stopped
};

/// Result of one run of expectation-maximisation.
struct MixtureRun {
  GaussianMixture mixture;
  double lower_bound =
      0;  ///< mean log-likelihood of a cell before the last M step, as scikit-learn's lower_bound_
  std::size_t iterations = 0;
  bool converged = false;
};

/// The best of several starts and of the swaps tried on them.
struct MixtureFit {
  MixtureRun best;
  std::size_t best_start = 0;        ///< the one that `best` comes from
  std::size_t failed_starts = 0;     ///< starts that met a singular covariance
  std::size_t kept_swaps = 0;        ///< swaps that led to a higher lower bound
  std::size_t total_iterations = 0;  ///< over all starts and swaps that met no singular covariance
};

/// Expectation-maximisation from given responsibilities [cells x components] (rows sum to 1); values [cells x
/// dim]. options.components and options.starts are not looked at. Throws NumericError when a covariance stops
/// being positive definite or an entry is not finite.
[[nodiscard]] MixtureRun run_em(const MatrixD& values, const MatrixD& responsibilities,
                                const MixtureOptions& options);

/// Full-covariance mixture by expectation-maximisation from `starts` k-means partitions: the semantics of
/// scikit-learn's GaussianMixture(n_components, n_init=starts, tol, reg_covar, max_iter), and of no more than
/// that with swaps = 0. The run of highest lower bound is kept (the first of equals).
///
/// Each start is followed by `swaps` attempts to improve the best run so far (random swap EM: Zhao et al.,
/// Pattern Recognit. Lett. 33, 2012): a component drawn at random is taken out, another is split in two in
/// a random direction, and the result is iterated. It replaces the best run where its bound is higher by more
/// than `tolerance`, and is given up where it is singular, or where after three iterations or more the bound
/// would take more than 50 iterations of the last one's gain to get to the best.
///
/// Start s draws from RandomStream(key, {Purpose::mixture, components, s}), its swap t = 1, 2, ... from step
/// s + t 2^32, so the result depends on nothing else, and more starts only add starts. Throws NumericError
/// when components exceeds the cells, an entry is not finite, or every start fails; Stopped when options.stop
/// says so.
[[nodiscard]] MixtureFit fit_mixture(const MatrixD& values, const MixtureOptions& options, NetworkKey key);

/// Logarithm of the density at every cell. [cells]
[[nodiscard]] std::vector<double> log_likelihood(const GaussianMixture& mixture, const MatrixD& values);
/// Component of highest responsibility of every cell; ties go to the lower one. [cells]
[[nodiscard]] std::vector<std::int64_t> predict(const GaussianMixture& mixture, const MatrixD& values);
/// -2 sum of log_likelihood + parameter_count log(cells).
[[nodiscard]] double bic(const GaussianMixture& mixture, const MatrixD& values);

}  // namespace cplae::stats
