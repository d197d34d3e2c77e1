#include "distances.hpp"

#include <algorithm>

namespace cplae::stats {

namespace {

// Points that share a pass over the columns, and columns that stay in cache meanwhile.
constexpr Eigen::Index points_at_once = 8;
constexpr Eigen::Index columns_at_once = 512;

void add_squares(const double* column, double own, double* out, Eigen::Index count) {
  for (Eigen::Index i = 0; i < count; ++i)
    out[i] += (column[i] - own) * (column[i] - own);
}

}  // namespace

MatrixD squared_distances(const Eigen::Ref<const MatrixD>& points, const MatrixD& columns) {
  MatrixD result = MatrixD::Zero(points.rows(), columns.cols());
  for (Eigen::Index first = 0; first < points.rows(); first += points_at_once) {
    const Eigen::Index end = std::min(first + points_at_once, points.rows());
    for (Eigen::Index left = 0; left < columns.cols(); left += columns_at_once) {
      const Eigen::Index width = std::min(columns_at_once, columns.cols() - left);
      for (Eigen::Index dim = 0; dim < columns.rows(); ++dim) {
        for (Eigen::Index point = first; point < end; ++point)
          add_squares(&columns(dim, left), points(point, dim), &result(point, left), width);
      }
    }
  }
  return result;
}

VectorD squared_distances_of_pairs(const MatrixD& points, const MatrixD& columns) {
  VectorD result = VectorD::Zero(points.rows());
  for (Eigen::Index dim = 0; dim < columns.rows(); ++dim) {
    for (Eigen::Index point = 0; point < points.rows(); ++point)
      add_squares(&columns(dim, point), points(point, dim), &result[point], 1);
  }
  return result;
}

}  // namespace cplae::stats
