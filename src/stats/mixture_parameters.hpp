#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/stats/gmm.hpp"
#include "kernels/kernels.hpp"

namespace cplae::stats {

/// Sums over cells weighted by the responsibilities r of each component, about that component's mean m at the
/// E step.
struct MixtureSums {
  std::vector<double> weight;  ///< sum r, [components]
  std::vector<double> first;   ///< sum r (x - m), [components x dim]
  std::vector<double>
      second;  ///< sum r (x - m)(x - m)^T, lower triangles by rows, [components x triangle(dim)]
};

/// One component is taken out and its number given to a half of another, which is split along a direction.
struct ComponentSwap {
  std::size_t removed = 0;
  std::size_t split = 0;          ///< not `removed`
  std::vector<double> direction;  ///< [dim], not 0
};

/// A mixture as the E step wants it: flat arrays and inverted Cholesky factors.
class MixtureParameters {
public:
  MixtureParameters(std::size_t components, std::size_t dim);

  /// M step from responsibilities [cells x components].
  void maximise(const MatrixD& values, const MatrixD& responsibilities, double covariance_floor);
  /// M step where each cell belongs to one component, given by its number. [cells]
  void maximise(const MatrixD& values, std::span<const std::int64_t> labels, double covariance_floor);
  /// M step from the sums of an E step with these parameters. All three throw NumericError when a covariance
  /// is not positive definite.
  void maximise(const MixtureSums& sums, double covariance_floor);

  /// The two halves of the split component have the mean and the covariance that it had. Throws NumericError
  /// as above.
  void apply(const ComponentSwap& swap);

  [[nodiscard]] GaussianMixture mixture() const;

  std::size_t components;
  std::size_t dim;
  std::vector<double> weights;           // [components]
  std::vector<double> means;             // [components x dim]
  std::vector<double> covariances;       // lower triangles by rows, [components x triangle(dim)]
  std::vector<double> inverse_cholesky;  // inverse of the Cholesky factor, likewise
  std::vector<double> log_constants;     // log weight - dim/2 log(2 pi) - 1/2 log det, [components]

private:
  void finish_covariances(double covariance_floor);
  void normalise_and_factorise();
  void factorise(std::size_t component);
  std::vector<double> factor_;  // scratch: a Cholesky factor, [triangle(dim)]
  std::vector<double> move_;    // scratch, [dim]
};

}  // namespace cplae::stats
