#pragma once
#include <Eigen/Core>

namespace cplae {

/// Row-major, so that a cell is one contiguous row, as in AnnData. [cells x features]
using MatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixD = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using VectorD = Eigen::VectorXd;

}  // namespace cplae
