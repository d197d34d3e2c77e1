#include "cplae/stats/gmm.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "kernels/kernels.hpp"

namespace cplae::stats {

namespace {

/// Logarithm of weight times density of every component at every cell. [cells x components]
MatrixD log_joint(const GaussianMixture& mixture, const MatrixD& values) {
  require_usable(values, "mixture");
  MatrixD result(values.rows(), mixture.means.rows());
  const double constant = 0.5 * static_cast<double>(values.cols()) * std::log(2 * std::numbers::pi);
  for (Eigen::Index c = 0; c < result.cols(); ++c) {
    const Eigen::LLT<Eigen::MatrixXd> decomposition(mixture.covariances[static_cast<std::size_t>(c)]);
    if (decomposition.info() != Eigen::Success) {
      throw NumericError("mixture: the covariance of component " + std::to_string(c) +
                         " is not positive definite");
    }
    Eigen::MatrixXd centred = (values.rowwise() - mixture.means.row(c)).transpose();
    decomposition.matrixL().solveInPlace(centred);
    const Eigen::VectorXd diagonal = decomposition.matrixLLT().diagonal();
    const double peak = std::log(mixture.weights[c]) - diagonal.array().log().sum() - constant;
    result.col(c) = (peak - 0.5 * centred.colwise().squaredNorm().array()).matrix().transpose();
  }
  return result;
}

}  // namespace

std::size_t GaussianMixture::parameter_count() const {
  const auto k = static_cast<std::size_t>(means.rows());
  const auto d = static_cast<std::size_t>(means.cols());
  return k * triangle(d) + k * d + k - 1;
}

std::vector<double> log_likelihood(const GaussianMixture& mixture, const MatrixD& values) {
  const MatrixD joint = log_joint(mixture, values);
  std::vector<double> result(static_cast<std::size_t>(joint.rows()));
  for (Eigen::Index cell = 0; cell < joint.rows(); ++cell) {
    const double highest = joint.row(cell).maxCoeff();
    result[static_cast<std::size_t>(cell)] =
        highest + std::log((joint.row(cell).array() - highest).exp().sum());
  }
  return result;
}

std::vector<std::int64_t> predict(const GaussianMixture& mixture, const MatrixD& values) {
  const MatrixD joint = log_joint(mixture, values);
  std::vector<std::int64_t> result(static_cast<std::size_t>(joint.rows()));
  for (Eigen::Index cell = 0; cell < joint.rows(); ++cell) {
    const double* row = &joint(cell, 0);
    result[static_cast<std::size_t>(cell)] = std::max_element(row, row + joint.cols()) - row;
  }
  return result;
}

double bic(const GaussianMixture& mixture, const MatrixD& values) {
  double sum = 0;
  for (const double cell : log_likelihood(mixture, values))
    sum += cell;
  return -2 * sum +
         static_cast<double>(mixture.parameter_count()) * std::log(static_cast<double>(values.rows()));
}

}  // namespace cplae::stats
