#include "cplae/stats/procrustes.hpp"

#include <Eigen/SVD>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"

namespace cplae::stats {

namespace {

void require_points(const ProcrustesInput& input) {
  const auto shape = [](const MatrixD& values) {
    return std::to_string(values.rows()) + " x " + std::to_string(values.cols());
  };
  if (input.from.rows() != input.to.rows() || input.from.cols() != input.to.cols() || input.from.size() < 1) {
    throw NumericError("orthogonal map: points of " + shape(input.from) + " and " + shape(input.to) +
                       ", expected one cell and dimension or more and the same shapes");
  }
  require_usable(input.from, "orthogonal map, from");
  require_usable(input.to, "orthogonal map, to");
}

}  // namespace

OrthogonalMap OrthogonalMap::fit(const ProcrustesInput& input, Centring centring) {
  require_points(input);
  OrthogonalMap map;
  map.from_mean_ = Eigen::RowVectorXd::Zero(input.from.cols());
  map.to_mean_ = map.from_mean_;
  if (centring == Centring::means) {
    map.from_mean_ = input.from.colwise().mean();
    map.to_mean_ = input.to.colwise().mean();
  }
  const Eigen::MatrixXd from = input.from.rowwise() - map.from_mean_;
  const Eigen::MatrixXd product = from.transpose() * (input.to.rowwise() - map.to_mean_);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(product, Eigen::ComputeFullU | Eigen::ComputeFullV);
  map.rotation_ = svd.matrixU() * svd.matrixV().transpose();
  return map;
}

MatrixD OrthogonalMap::apply(const MatrixD& values) const {
  if (values.cols() != rotation_.rows()) {
    throw NumericError("orthogonal map: points of " + std::to_string(values.cols()) +
                       " dimensions, expected " + std::to_string(rotation_.rows()));
  }
  require_usable(values, "orthogonal map");
  return ((values.rowwise() - from_mean_) * rotation_).rowwise() + to_mean_;
}

}  // namespace cplae::stats
