#include "engine/fused/least_eigen.hpp"

#include <algorithm>

namespace cplae::engine::fused {

LeastEigen::LeastEigen(Eigen::Index dim)
    : tridiagonal_(std::max(dim, Eigen::Index{2})),
      solver_(dim),
      diagonal_(dim),
      below_(dim - 1),
      vector_(Eigen::VectorXd::Ones(dim)) {}

void LeastEigen::compute(const Eigen::MatrixXd& symmetric) {
  const Eigen::Index dim = vector_.size();
  if (dim == 1) {
    value_ = symmetric(0, 0);
    return;
  }
  tridiagonal_.compute(symmetric);
  diagonal_ = tridiagonal_.diagonal();
  below_ = tridiagonal_.subDiagonal();
  // What counts as nothing beside the diagonal is measured against 1 there.
  const double largest = std::max(diagonal_.cwiseAbs().maxCoeff(), below_.cwiseAbs().maxCoeff());
  const double scale = largest > 0 ? largest : 1;
  diagonal_ /= scale;
  below_ /= scale;
  solver_.computeFromTridiagonal(diagonal_, below_);
  value_ = scale * solver_.eigenvalues()[0];
  vector_ = solver_.eigenvectors().col(0);
  // Back through the reflections I - 2 v v' / |v|^2, last first. v's first entry, a 1, is not stored, and
  // where the others are 0 nothing was reflected. (Eigen hands its factors out as a copy.)
  const auto& packed = tridiagonal_.packedMatrix();
  for (Eigen::Index k = dim - 2; k >= 0; --k) {
    const Eigen::Index rest = dim - k - 2;
    const auto mirror = packed.col(k).tail(rest);
    const double tail = mirror.squaredNorm();
    if (tail == 0) continue;
    const double along = 2.0 / (1.0 + tail) * (vector_[k + 1] + mirror.dot(vector_.tail(rest)));
    vector_[k + 1] -= along;
    vector_.tail(rest) -= along * mirror;
  }
}

}  // namespace cplae::engine::fused
