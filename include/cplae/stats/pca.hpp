#pragma once
#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// Where the data have fewer dimensions than components are asked for: throw, or take those that there are.
enum class Shortage : unsigned char { refused, fewer };

/// Exact principal component analysis: directions of greatest variance of the centred data, in descending
/// order; the entry of largest magnitude of each direction is positive (the first of equals). Missing entries
/// (NaN) count as the column's training mean, here and in transform().
class Pca {
public:
  /// values [cells x features]. Throws NumericError naming the numbers when components exceeds the rank of
  /// the centred data (variance above 1e-13 of the largest; unless fewer are taken and there is one), a
  /// column has no present entry, or an entry is infinite.
  static Pca fit(const MatrixD& values, Eigen::Index components, Shortage shortage = Shortage::refused);

  /// Scores of cells. [cells x features] -> [cells x components]
  [[nodiscard]] MatrixD transform(const MatrixD& values) const;
  /// Reconstruction from scores. [cells x components] -> [cells x features]
  [[nodiscard]] MatrixD inverse(const MatrixD& scores) const;

  [[nodiscard]] const Eigen::RowVectorXd& mean() const { return mean_; }  ///< [features]
  [[nodiscard]] const MatrixD& components() const {
    return components_;
  }  ///< orthonormal rows, [components x features]
  [[nodiscard]] const VectorD& variances() const {
    return variances_;
  }  ///< of the scores, divisor cells - 1, [components]

private:
  Eigen::RowVectorXd mean_;
  MatrixD components_;
  VectorD variances_;
};

}  // namespace cplae::stats
