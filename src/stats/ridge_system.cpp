#include "ridge_system.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <string>
#include <utility>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "leading_eigenpairs.hpp"
#include "products.hpp"

namespace cplae::stats {

namespace {

std::string shape(const Eigen::Ref<const Eigen::MatrixXd>& x) {
  return std::to_string(x.rows()) + " cells x " + std::to_string(x.cols()) + " features";
}

void require_data(const RegressionData& data) {
  if (data.x.rows() != data.y.rows() || data.x.rows() < 2 || data.x.cols() < 1 || data.y.cols() < 1) {
    throw NumericError("regression: " + std::to_string(data.x.rows()) + " cells x " +
                       std::to_string(data.x.cols()) + " features and " + std::to_string(data.y.rows()) +
                       " cells x " + std::to_string(data.y.cols()) +
                       " targets, expected the same two cells or more and at least one of each");
  }
  require_usable(data.x, "regression, features");
  require_usable(data.y, "regression, targets");
}

}  // namespace

RidgeSystem::RidgeSystem(const RegressionData& data) {
  require_data(data);
  mean_x_ = data.x.colwise().mean();
  mean_y_ = data.y.colwise().mean();
  x_ = data.x.rowwise() - mean_x_;
  right_ = data.y.rowwise() - mean_y_;
  left_ = smaller_gram(x_);
  if (!dual()) right_ = (x_.transpose() * right_).eval();
}

Eigen::MatrixXd RidgeSystem::coefficients(double penalty) const {
  if (!(penalty >= 0 && penalty <= 1e100)) {
    throw NumericError("regression: a penalty of " + number_text(penalty) + ", expected 0 to 1e100");
  }
  Eigen::MatrixXd left = left_;
  left.diagonal().array() += penalty;
  const Cholesky factor(std::move(left));
  if (factor.info() != Eigen::Success || !(factor.rcond() >= 1e-13)) {
    throw NumericError("regression: " + shape(x_) + " with a penalty of " + number_text(penalty) +
                       " leave the coefficients undetermined, expected a larger penalty");
  }
  const Eigen::MatrixXd solution = factor.solve(right_);
  return dual() ? Eigen::MatrixXd(x_.transpose() * solution) : solution;
}

Eigen::MatrixXd RidgeSystem::fitted_directions(const Eigen::MatrixXd& coefficients,
                                               Eigen::Index count) const {
  const Eigen::Index features = coefficients.rows();
  const Eigen::Index targets = coefficients.cols();
  if (count < 1 || count > std::min(features, targets)) {
    throw NumericError("reduced-rank regression: rank " + std::to_string(count) +
                       " asked for, expected 1 to " + std::to_string(std::min(features, targets)) +
                       ", the smaller of " + std::to_string(features) + " features and " +
                       std::to_string(targets) + " targets");
  }
  // Fitted values have no more directions than the coefficients: within an orthonormal basis of these the
  // product is no larger than the number of features, however many targets there are.
  Eigen::MatrixXd basis;
  Eigen::MatrixXd fitted;
  if (features < targets) {
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(coefficients.transpose());
    basis = qr.householderQ() * Eigen::MatrixXd::Identity(targets, features);
    fitted = x_ * (coefficients * basis);
  } else {
    fitted = x_ * coefficients;
  }
  Eigen::MatrixXd product = Eigen::MatrixXd::Zero(fitted.cols(), fitted.cols());
  product.selfadjointView<Eigen::Lower>().rankUpdate(fitted.transpose());
  const Eigen::MatrixXd leading = leading_eigenpairs(product, count).leading;
  return features < targets ? Eigen::MatrixXd(basis * leading) : leading;
}

}  // namespace cplae::stats
