#pragma once
#include <Eigen/Eigenvalues>

namespace cplae::engine::fused {

/// The least eigenvalue of symmetric matrices of one size, and its eigenvector. Takes all its memory when it
/// is made: Eigen's own solver takes some in every call, for eigenvectors that nobody asks for.
class LeastEigen {
public:
  /// [dim x dim] matrices, dim >= 1.
  explicit LeastEigen(Eigen::Index dim);

  /// Every entry must be finite, else it may not end.
  void compute(const Eigen::MatrixXd& symmetric);

  [[nodiscard]] double value() const { return value_; }
  /// [dim] of length 1
  [[nodiscard]] const Eigen::VectorXd& vector() const { return vector_; }

private:
  Eigen::Tridiagonalization<Eigen::MatrixXd> tridiagonal_;
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver_;  ///< of the tridiagonal matrix
  Eigen::VectorXd diagonal_;
  Eigen::VectorXd below_;  ///< [dim - 1]
  Eigen::VectorXd vector_;
  double value_ = 0;
};

}  // namespace cplae::engine::fused
