#pragma once
#include "cplae/stats/regression.hpp"

namespace cplae::stats {

/// The centred normal equations of one set of training cells, made once for any number of penalties: each
/// costs a Cholesky factor, a fortieth of the eigenvectors that would serve all.
class RidgeSystem {
public:
  /// Throws NumericError for data that cannot be used (regression.hpp).
  explicit RidgeSystem(const RegressionData& data);

  /// [features x targets]. Throws NumericError at a negative penalty or singular equations.
  [[nodiscard]] Eigen::MatrixXd coefficients(double penalty) const;

  /// Leading right singular vectors of the fitted values x `coefficients`, [targets x count]. Throws
  /// NumericError unless 1 <= count <= min(features, targets).
  [[nodiscard]] Eigen::MatrixXd fitted_directions(const Eigen::MatrixXd& coefficients,
                                                  Eigen::Index count) const;

  [[nodiscard]] LinearMap map(Eigen::MatrixXd coefficients) const {
    return LinearMap({mean_x_, mean_y_, std::move(coefficients)});
  }

private:
  [[nodiscard]] bool dual() const { return x_.cols() > x_.rows(); }

  Eigen::RowVectorXd mean_x_;
  Eigen::RowVectorXd mean_y_;
  Eigen::MatrixXd x_;      // centred
  Eigen::MatrixXd right_;  // x' y, or y in the dual
  Eigen::MatrixXd left_;   // x' x, or x x' in the dual; the lower triangle
};

}  // namespace cplae::stats
