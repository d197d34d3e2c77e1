#pragma once
#include "cplae/core/matrix.hpp"

namespace cplae::stats {

struct Eigenpairs {
  VectorD values;           ///< all of them, ascending, [n]
  Eigen::MatrixXd leading;  ///< unit vectors of the largest, descending, [n x count]
};

/// Eigenvalues of a symmetric matrix, and the vectors of the `count` largest (0..n). Only the lower triangle
/// is read. Where few vectors are wanted they come by inverse iteration on the tridiagonal form (the method
/// of LAPACK's stein), which saves most of the time; residuals and orthogonality are at rounding level, or
/// else the QR iteration is taken. Throws NumericError when that does not converge.
[[nodiscard]] Eigenpairs leading_eigenpairs(const Eigen::MatrixXd& symmetric, Eigen::Index count);

}  // namespace cplae::stats
