#pragma once
#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// Rows of both are the same cells.
struct ProcrustesInput {
  MatrixD from;  ///< [cells x dim]
  MatrixD to;    ///< [cells x dim]
};

/// Whether the means over cells are mapped on each other (moved) or the origins are.
enum class Centring : unsigned char { none, means };

/// The rotation or reflection, without scaling, that brings one set of points nearest to another: least
/// |(from - mean) Q - (to - mean)|^2 over orthogonal Q (Schoenemann 1966),
/// scipy.linalg.orthogonal_procrustes. Without centring the means count as 0.
class OrthogonalMap {
public:
  /// Where points lie in fewer than dim dimensions, Q is one of several best. Throws NumericError when the
  /// shapes differ, there is no cell or no dimension, or an entry is not finite.
  static OrthogonalMap fit(const ProcrustesInput& input, Centring centring);

  /// [cells x dim] -> [cells x dim]. Throws NumericError when the dimensions differ or an entry is not
  /// finite.
  [[nodiscard]] MatrixD apply(const MatrixD& values) const;
  [[nodiscard]] const Eigen::MatrixXd& rotation() const { return rotation_; }  ///< Q, [dim x dim]

private:
  Eigen::RowVectorXd from_mean_;
  Eigen::RowVectorXd to_mean_;
  Eigen::MatrixXd rotation_;
};

}  // namespace cplae::stats
