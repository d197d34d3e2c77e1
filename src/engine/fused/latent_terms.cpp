#include "engine/fused/latent_terms.hpp"

#include "cplae/model/layout.hpp"

#include <algorithm>
#include <cmath>

namespace cplae::engine::fused {

namespace {

constexpr double moving_momentum = 0.05;
constexpr double least_divisor = 1e-2;

void follow(float& moving, double statistic) {
  moving =
      static_cast<float>(moving_momentum * static_cast<double>(moving) + (1.0 - moving_momentum) * statistic);
}

}  // namespace

void normalise(const Tiles& raw, const MovingStatistics& moving, Latents& latents) {
  const auto count = static_cast<double>(latents.rows);
  for (std::size_t k = 0; k < latents.dim; ++k) {
    double mean = 0;
    for (std::size_t row = 0; row < latents.rows; ++row)
      mean += static_cast<double>(raw(row, k));
    mean /= count;
    double variance = 0;
    for (std::size_t row = 0; row < latents.rows; ++row) {
      const double off = static_cast<double>(raw(row, k)) - mean;
      latents.values[row * latents.dim + k] = off;
      variance += off * off;
    }
    variance /= count;
    latents.inverse_sd[k] = 1.0 / std::sqrt(variance + model::norm_epsilon);
    for (std::size_t row = 0; row < latents.rows; ++row)
      latents.values[row * latents.dim + k] *= latents.inverse_sd[k];
    follow(moving.mean[k], mean);
    follow(moving.variance[k], variance);
  }
}

void normalise_by(const MovingStatistics& moving, const Tiles& raw, Latents& latents) {
  for (std::size_t k = 0; k < latents.dim; ++k) {
    const auto mean = static_cast<double>(moving.mean[k]);
    const double inverse = 1.0 / std::sqrt(static_cast<double>(moving.variance[k]) + model::norm_epsilon);
    for (std::size_t row = 0; row < latents.rows; ++row)
      latents.values[row * latents.dim + k] = (static_cast<double>(raw(row, k)) - mean) * inverse;
  }
}

void normalise_backward(Latents& latents, const Tiles& raw_derivative) {
  const auto count = static_cast<double>(latents.rows);
  for (std::size_t k = 0; k < latents.dim; ++k) {
    double sum = 0;
    double along = 0;
    for (std::size_t row = 0; row < latents.rows; ++row) {
      const std::size_t at = row * latents.dim + k;
      sum += latents.derivatives[at];
      along += latents.derivatives[at] * latents.values[at];
    }
    for (std::size_t row = 0; row < latents.rows; ++row) {
      const std::size_t at = row * latents.dim + k;
      const double slope = latents.derivatives[at] - sum / count - latents.values[at] * along / count;
      raw_derivative(row, k) = static_cast<float>(slope * latents.inverse_sd[k]);
    }
  }
}

double squared_distance(const Latents& first, const Latents& second, const SharedRows& rows) {
  double sum = 0;
  for (std::size_t s = 0; s < rows.first.size(); ++s)
    for (std::size_t k = 0; k < first.dim; ++k) {
      const double off =
          first.values[rows.first[s] * first.dim + k] - second.values[rows.second[s] * first.dim + k];
      sum += off * off;
    }
  return sum;
}

Coupling::Coupling(const study::NetworkSpec& spec, std::size_t rows)
    : scale_(spec.coupling.scale),
      lambda_(spec.coupling.lambda),
      dim_(static_cast<std::size_t>(spec.training.latent_dim)),
      first_(spec.training.latent_dim, static_cast<Eigen::Index>(rows)),
      second_(spec.training.latent_dim, static_cast<Eigen::Index>(rows)),
      divisor_(spec.training.latent_dim),
      squares_(spec.training.latent_dim) {}

void Coupling::centre(Side& side, const Latents& latents, const std::vector<std::uint32_t>& rows) const {
  const auto d = static_cast<Eigen::Index>(dim_);
  for (std::size_t s = 0; s < rows.size(); ++s)
    side.centred.col(static_cast<Eigen::Index>(s)) =
        Eigen::Map<const Eigen::VectorXd>(latents.values.data() + rows[s] * dim_, d);
  const auto count = static_cast<Eigen::Index>(rows.size());
  for (Eigen::Index k = 0; k < d; ++k)
    side.centred.row(k).head(count).array() -= side.centred.row(k).head(count).mean();
}

void Coupling::find_scale(Side& side, std::size_t rows) const {
  const auto centred = side.centred.leftCols(static_cast<Eigen::Index>(rows));
  const double degrees = static_cast<double>(rows) - 1.0;
  if (scale_ == study::CouplingScale::min_singular_value) {
    side.covariance.noalias() = centred * centred.transpose();
    side.covariance /= degrees;
    side.least.compute(side.covariance);
    side.scale.setConstant(side.least.value());
    return;
  }
  side.scale = centred.rowwise().squaredNorm() / degrees;
  if (scale_ == study::CouplingScale::norm) side.scale.setConstant(side.scale.sum());
}

double Coupling::add(Latents& first, Latents& second, const SharedRows& rows) {
  if (rows.first.size() <= dim_ + 1 || !first.usable() || !second.usable()) return 0;
  find_distances(first, second, rows);
  // The authors' rule for latents that are not finite is the least divisor; a decomposition might not end.
  const bool is_finite = std::isfinite(squares_.sum());
  const bool has_scale = scale_ != study::CouplingScale::none;
  divisor_.setConstant(has_scale ? least_divisor : 1.0);
  if (has_scale && is_finite) {
    centre(first_, first, rows.first);
    centre(second_, second, rows.second);
    find_scale(first_, rows.first.size());
    find_scale(second_, rows.first.size());
    divisor_ = first_.scale.cwiseMin(second_.scale).cwiseMax(least_divisor);
  }
  const double loss = squares_.cwiseQuotient(divisor_).sum();
  if (lambda_ <= 0) return loss;
  add_distance(first, second, rows);
  if (!has_scale || !is_finite) return loss;
  split_slopes();
  add_through_divisor(first, first_, rows.first);
  add_through_divisor(second, second_, rows.second);
  return loss;
}

/// Mean squared distance along each dimension.
void Coupling::find_distances(const Latents& first, const Latents& second, const SharedRows& rows) {
  squares_.setZero();
  for (std::size_t s = 0; s < rows.first.size(); ++s)
    for (std::size_t k = 0; k < dim_; ++k) {
      const double off = first.values[rows.first[s] * dim_ + k] - second.values[rows.second[s] * dim_ + k];
      squares_[static_cast<Eigen::Index>(k)] += off * off;
    }
  squares_ /= static_cast<double>(rows.first.size());
}

/// Slopes of the loss with respect to the divisor, given to the side whose scale the divisor is.
void Coupling::split_slopes() {
  const bool each = scale_ == study::CouplingScale::per_dimension;
  first_.slopes = -lambda_ * squares_.cwiseQuotient(divisor_.cwiseAbs2());
  if (!each) first_.slopes.setConstant(first_.slopes.sum());
  for (Eigen::Index k = 0; k < divisor_.size(); ++k) {
    const double slope = divisor_[k] > least_divisor ? first_.slopes[k] : 0;
    const bool is_first = first_.scale[each ? k : 0] < second_.scale[each ? k : 0];
    first_.slopes[k] = is_first ? slope : 0;
    second_.slopes[k] = is_first ? 0 : slope;
  }
}

void Coupling::add_distance(Latents& first, Latents& second, const SharedRows& rows) {
  const double factor = 2.0 * lambda_ / static_cast<double>(rows.first.size());
  for (std::size_t s = 0; s < rows.first.size(); ++s)
    for (std::size_t k = 0; k < dim_; ++k) {
      const std::size_t a = rows.first[s] * dim_ + k;
      const std::size_t b = rows.second[s] * dim_ + k;
      const double slope =
          factor * (first.values[a] - second.values[b]) / divisor_[static_cast<Eigen::Index>(k)];
      first.derivatives[a] += slope;
      second.derivatives[b] -= slope;
    }
}

void Coupling::add_through_divisor(Latents& latents, const Side& side,
                                   const std::vector<std::uint32_t>& rows) const {
  if (side.slopes.isZero(0)) return;
  const double factor = 2.0 / (static_cast<double>(rows.size()) - 1.0);
  const bool by_vector = scale_ == study::CouplingScale::min_singular_value;
  for (std::size_t s = 0; s < rows.size(); ++s) {
    const auto off = side.centred.col(static_cast<Eigen::Index>(s));
    // d (least eigenvalue) / dz = 2 / (n - 1) v (v . z) for its eigenvector v; of a variance 2 / (n - 1) z.
    const double along = by_vector ? side.least.vector().dot(off) : 0;
    for (std::size_t k = 0; k < dim_; ++k) {
      const auto at = static_cast<Eigen::Index>(k);
      const double direction = by_vector ? side.least.vector()[at] * along : off[at];
      latents.derivatives[rows[s] * dim_ + k] += factor * side.slopes[at] * direction;
    }
  }
}

}  // namespace cplae::engine::fused
