#pragma once
// Where most of the time of linear models goes: products of a matrix with itself, and Cholesky factors.
#include <Eigen/Cholesky>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// Lower triangle of the smaller of x' x and x x', [size x size], 0 above. The same bits on all processors
/// that have AVX2 and FMA.
[[nodiscard]] Eigen::MatrixXd smaller_gram(const Eigen::MatrixXd& x);

/// Eigen's Cholesky decomposition of the lower triangle, with its solver and its condition number, but for
/// the products in it, which are our kernel's.
class Cholesky : public Eigen::LLT<Eigen::MatrixXd> {
public:
  explicit Cholesky(Eigen::MatrixXd symmetric);
};

}  // namespace cplae::stats
