#include "mixture_parameters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>

#include "cplae/core/error.hpp"

namespace cplae::stats {

namespace {

/// scikit-learn's guard against an empty component.
constexpr double weight_floor = 10 * std::numeric_limits<double>::epsilon();

/// Distance of the means of two halves from their common mean, in standard deviations of the component that
/// is split. Below 1, so that the covariance of a half is positive definite.
constexpr double half_way = 0.8;

}  // namespace

MixtureParameters::MixtureParameters(std::size_t components_, std::size_t dim_)
    : components(components_),
      dim(dim_),
      weights(components),
      means(components * dim),
      covariances(components * triangle(dim)),
      inverse_cholesky(components * triangle(dim)),
      log_constants(components),
      factor_(triangle(dim)),
      move_(dim) {}

void MixtureParameters::maximise(const MatrixD& values, std::span<const std::int64_t> labels,
                                 double covariance_floor) {
  std::fill(weights.begin(), weights.end(), 0.0);
  std::fill(means.begin(), means.end(), 0.0);
  std::fill(covariances.begin(), covariances.end(), 0.0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto own = static_cast<std::size_t>(labels[i]);
    weights[own] += 1;
    for (std::size_t j = 0; j < dim; ++j)
      means[own * dim + j] += values.data()[i * dim + j];
  }
  for (std::size_t c = 0; c < components; ++c) {
    weights[c] += weight_floor;
    for (std::size_t j = 0; j < dim; ++j)
      means[c * dim + j] /= weights[c];
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto own = static_cast<std::size_t>(labels[i]);
    for (std::size_t j = 0; j < dim; ++j)
      move_[j] = values.data()[i * dim + j] - means[own * dim + j];
    for (std::size_t j = 0, at = own * triangle(dim); j < dim; ++j) {
      for (std::size_t l = 0; l <= j; ++l, ++at)
        covariances[at] += move_[j] * move_[l];
    }
  }
  finish_covariances(covariance_floor);
}

void MixtureParameters::maximise(const MatrixD& values, const MatrixD& responsibilities,
                                 double covariance_floor) {
  const auto cells = static_cast<std::size_t>(values.rows());
  for (std::size_t c = 0; c < components; ++c) {
    const double* r = responsibilities.data() + c;
    double* mean = means.data() + c * dim;
    double* covariance = covariances.data() + c * triangle(dim);
    std::fill(mean, mean + dim, 0.0);
    std::fill(covariance, covariance + triangle(dim), 0.0);
    double weight = 0;
    for (std::size_t i = 0; i < cells; ++i) {
      weight += r[i * components];
      for (std::size_t j = 0; j < dim; ++j)
        mean[j] += r[i * components] * values.data()[i * dim + j];
    }
    weights[c] = weight + weight_floor;
    for (std::size_t j = 0; j < dim; ++j)
      mean[j] /= weights[c];
    for (std::size_t i = 0; i < cells; ++i) {
      for (std::size_t j = 0; j < dim; ++j)
        move_[j] = values.data()[i * dim + j] - mean[j];
      for (std::size_t j = 0, at = 0; j < dim; ++j) {
        for (std::size_t l = 0; l <= j; ++l, ++at)
          covariance[at] += r[i * components] * move_[j] * move_[l];
      }
    }
  }
  finish_covariances(covariance_floor);
}

void MixtureParameters::finish_covariances(double covariance_floor) {
  for (std::size_t c = 0; c < components; ++c) {
    double* covariance = covariances.data() + c * triangle(dim);
    for (std::size_t at = 0; at < triangle(dim); ++at)
      covariance[at] /= weights[c];
    for (std::size_t j = 0; j < dim; ++j)
      covariance[triangle(j) + j] += covariance_floor;
  }
  normalise_and_factorise();
}

void MixtureParameters::maximise(const MixtureSums& sums, double covariance_floor) {
  for (std::size_t c = 0; c < components; ++c) {
    double* mean = means.data() + c * dim;
    const double* first = sums.first.data() + c * dim;
    const double sum = sums.weight[c];
    weights[c] = sum + weight_floor;
    for (std::size_t j = 0; j < dim; ++j) {
      const double next = (first[j] + sum * mean[j]) / weights[c];
      move_[j] = next - mean[j];
      mean[j] = next;
    }
    // sum r (x - m')(x - m')^T for the moved mean m', from the sums about the old one.
    for (std::size_t j = 0, at = c * triangle(dim); j < dim; ++j) {
      for (std::size_t l = 0; l <= j; ++l, ++at) {
        const double about_new =
            sums.second[at] - first[j] * move_[l] - move_[j] * first[l] + sum * move_[j] * move_[l];
        covariances[at] = about_new / weights[c] + (j == l ? covariance_floor : 0.0);
      }
    }
  }
  normalise_and_factorise();
}

void MixtureParameters::apply(const ComponentSwap& swap) {
  // C u / sqrt(u' C u): a step of one standard deviation along the conjugate of direction u.
  double* kept = covariances.data() + swap.split * triangle(dim);
  double variance = 0;
  for (std::size_t i = 0; i < dim; ++i) {
    move_[i] = 0;
    for (std::size_t j = 0; j < dim; ++j)
      move_[i] += kept[i < j ? triangle(j) + i : triangle(i) + j] * swap.direction[j];
    variance += swap.direction[i] * move_[i];
  }
  for (double& step : move_)
    step *= half_way / std::sqrt(variance);
  weights[swap.split] *= 0.5;
  weights[swap.removed] = weights[swap.split];
  for (std::size_t i = 0, at = 0; i < dim; ++i) {
    means[swap.removed * dim + i] = means[swap.split * dim + i] + move_[i];
    means[swap.split * dim + i] -= move_[i];
    for (std::size_t j = 0; j <= i; ++j, ++at) {
      kept[at] -= move_[i] * move_[j];
      covariances[swap.removed * triangle(dim) + at] = kept[at];
    }
  }
  normalise_and_factorise();
}

void MixtureParameters::normalise_and_factorise() {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights)
    weight /= total;
  for (std::size_t c = 0; c < components; ++c)
    factorise(c);
}

void MixtureParameters::factorise(std::size_t component) {
  const double* covariance = covariances.data() + component * triangle(dim);
  double* inverse = inverse_cholesky.data() + component * triangle(dim);
  std::vector<double>& factor = factor_;
  double log_diagonal = 0;
  for (std::size_t i = 0; i < dim; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double rest = covariance[triangle(i) + j];
      for (std::size_t l = 0; l < j; ++l)
        rest -= factor[triangle(i) + l] * factor[triangle(j) + l];
      if (j < i) {
        factor[triangle(i) + j] = rest / factor[triangle(j) + j];
        continue;
      }
      if (!(rest > 0) || !std::isfinite(rest)) {
        throw NumericError("mixture: the covariance of component " + std::to_string(component) + " of " +
                           std::to_string(components) + " is not positive definite");
      }
      factor[triangle(i) + i] = std::sqrt(rest);
      log_diagonal += std::log(factor[triangle(i) + i]);
    }
  }
  for (std::size_t j = 0; j < dim; ++j) {
    for (std::size_t i = j; i < dim; ++i) {
      double rest = i == j ? 1.0 : 0.0;
      for (std::size_t l = j; l < i; ++l)
        rest -= factor[triangle(i) + l] * inverse[triangle(l) + j];
      inverse[triangle(i) + j] = rest / factor[triangle(i) + i];
    }
  }
  log_constants[component] = std::log(weights[component]) - log_diagonal -
                             0.5 * static_cast<double>(dim) * std::log(2 * std::numbers::pi);
}

GaussianMixture MixtureParameters::mixture() const {
  const auto k = static_cast<Eigen::Index>(components);
  const auto d = static_cast<Eigen::Index>(dim);
  GaussianMixture result;
  result.weights = Eigen::Map<const VectorD>(weights.data(), k);
  result.means = Eigen::Map<const MatrixD>(means.data(), k, d);
  for (std::size_t c = 0; c < components; ++c) {
    MatrixD covariance(d, d);
    std::size_t at = c * triangle(dim);
    for (Eigen::Index j = 0; j < d; ++j) {
      for (Eigen::Index l = 0; l <= j; ++l)
        covariance(j, l) = covariance(l, j) = covariances[at++];
    }
    result.covariances.push_back(covariance);
  }
  return result;
}

}  // namespace cplae::stats
