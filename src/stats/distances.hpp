#pragma once
#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// Squared Euclidean distances of every point to every column: the sum of squared differences in the order of
/// the dimensions, whichever side a point is on, so that equal distances are equal numbers. The inputs are
/// not checked. points [n x dim], columns [dim x m] -> [n x m]
[[nodiscard]] MatrixD squared_distances(const Eigen::Ref<const MatrixD>& points, const MatrixD& columns);

/// The diagonal of squared_distances, bit for bit. points [n x dim], columns [dim x n] -> [n]
[[nodiscard]] VectorD squared_distances_of_pairs(const MatrixD& points, const MatrixD& columns);

}  // namespace cplae::stats
