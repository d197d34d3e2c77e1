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
  std::function<bool()> stop =
      {};  ///< asked before every start and every 50 iterations; true = throw Stopped
};

/// Result of one run of expectation-maximisation.
struct MixtureRun {
  GaussianMixture mixture;
  double lower_bound =
      0;  ///< mean log-likelihood of a cell before the last M step, as scikit-learn's lower_bound_
  std::size_t iterations = 0;
  bool converged = false;
};

/// The best of several starts.
struct MixtureFit {
  MixtureRun best;
  std::size_t best_start = 0;
  std::size_t failed_starts = 0;     ///< starts that met a singular covariance
  std::size_t total_iterations = 0;  ///< over all starts that finished
};

/// Expectation-maximisation from given responsibilities [cells x components] (rows sum to 1); values [cells x
/// dim]. options.components and options.starts are not looked at. Throws NumericError when a covariance stops
/// being positive definite or an entry is not finite.
[[nodiscard]] MixtureRun run_em(const MatrixD& values, const MatrixD& responsibilities,
                                const MixtureOptions& options);

/// Full-covariance mixture by expectation-maximisation from `starts` k-means partitions: the semantics of
/// scikit-learn's GaussianMixture(n_components, n_init=starts, tol, reg_covar, max_iter). The start of
/// highest lower bound is kept (the first of equals). Start s draws from RandomStream(key, {Purpose::mixture,
/// components, s}), so the result depends on nothing else. Throws NumericError when components exceeds the
/// cells, an entry is not finite, or every start fails; Stopped when options.stop says so.
[[nodiscard]] MixtureFit fit_mixture(const MatrixD& values, const MixtureOptions& options, NetworkKey key);

/// Logarithm of the density at every cell. [cells]
[[nodiscard]] std::vector<double> log_likelihood(const GaussianMixture& mixture, const MatrixD& values);
/// Component of highest responsibility of every cell; ties go to the lower one. [cells]
[[nodiscard]] std::vector<std::int64_t> predict(const GaussianMixture& mixture, const MatrixD& values);
/// -2 sum of log_likelihood + parameter_count log(cells).
[[nodiscard]] double bic(const GaussianMixture& mixture, const MatrixD& values);

}  // namespace cplae::stats
