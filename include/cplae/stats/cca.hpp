#pragma once
#include <array>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// One of the two sets of variables of a canonical correlation analysis.
enum class Side : unsigned char { first = 0, second = 1 };
[[nodiscard]] constexpr Side other(Side side) {
  return side == Side::first ? Side::second : Side::first;
}

/// Rows of both are the same cells.
struct CcaInput {
  MatrixD first;   ///< [cells x p]
  MatrixD second;  ///< [cells x q]
};

/// Canonical correlation analysis through QR and SVD (Bjorck and Golub 1973). Columns are standardised
/// (divisor cells - 1); scores, signs, rotations and loadings are those to which scikit-learn's iterative CCA
/// converges.
class Cca {
public:
  /// Throws NumericError naming the numbers when dim exceeds p or q, when there are no more cells than p + q,
  /// when an entry is not finite, or when a side is rank deficient (a constant or dependent column).
  static Cca fit(const CcaInput& input, Eigen::Index dim);

  /// Canonical scores. [cells x p or q] -> [cells x dim]
  [[nodiscard]] MatrixD transform(Side side, const MatrixD& values) const;
  /// The inputs that the loadings (regression of the inputs on the scores) give back. [cells x dim] -> [cells
  /// x p or q]
  [[nodiscard]] MatrixD inverse(Side side, const MatrixD& scores) const;
  /// Descending, in [0, 1]. [dim]
  [[nodiscard]] const VectorD& correlations() const { return correlations_; }

private:
  struct View {
    Eigen::RowVectorXd mean;    // [p]
    Eigen::RowVectorXd scale;   // [p]
    Eigen::MatrixXd rotations;  // [p x dim]
    Eigen::MatrixXd loadings;   // [p x dim]
  };
  [[nodiscard]] const View& view(Side side) const { return views_[static_cast<std::size_t>(side)]; }
  std::array<View, 2> views_;
  VectorD correlations_;
};

}  // namespace cplae::stats
