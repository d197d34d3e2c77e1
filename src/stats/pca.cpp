#include "cplae/stats/pca.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "leading_eigenpairs.hpp"
#include "present_means.hpp"
#include "products.hpp"

namespace cplae::stats {

namespace {

/// Centred values; a missing entry, which counts as the mean, becomes 0.
Eigen::MatrixXd centred(const MatrixD& values, const Eigen::RowVectorXd& mean) {
  return (values.rowwise() - mean).unaryExpr([](double x) { return std::isnan(x) ? 0.0 : x; });
}

/// Leading directions of variance, unit columns [features x components], and the sums of squares along all of
/// them, ascending.
struct Directions {
  Eigen::MatrixXd axes;
  VectorD squares;
  Eigen::Index rank = 0;
};

Directions leading_directions(const Eigen::MatrixXd& values, Eigen::Index components) {
  // The smaller of the two products has all eigenvalues that are not zero.
  const bool wide = values.cols() > values.rows();
  const Eigen::Index size = std::min(values.rows(), values.cols());
  const Eigenpairs pairs =
      leading_eigenpairs(smaller_gram(values), std::clamp<Eigen::Index>(components, 0, size));
  Directions result{{}, pairs.values, 0};
  const double largest = std::max(result.squares.tail(1)[0], 0.0);
  result.rank = (result.squares.array() > 1e-13 * largest).count();
  result.axes =
      wide ? Eigen::MatrixXd((values.transpose() * pairs.leading).colwise().normalized()) : pairs.leading;
  return result;
}

void fix_signs(Eigen::MatrixXd& axes) {
  for (Eigen::Index column = 0; column < axes.cols(); ++column) {
    Eigen::Index at = 0;
    axes.col(column).cwiseAbs().maxCoeff(&at);
    if (axes(at, column) < 0) axes.col(column) *= -1;
  }
}

}  // namespace

Pca Pca::fit(const MatrixD& values, Eigen::Index components, Shortage shortage) {
  if (values.rows() < 2 || values.cols() < 1) {
    throw NumericError("principal components: " + std::to_string(values.rows()) + " cells x " +
                       std::to_string(values.cols()) + " features, expected two cells or more and a feature");
  }
  require_usable(values, "principal components", Missing::allowed);
  Pca pca;
  pca.mean_ = present_means(values, "principal components");
  Directions directions = leading_directions(centred(values, pca.mean_), components);
  const Eigen::Index found = shortage == Shortage::fewer ? std::min(components, directions.rank) : components;
  if (found < 1 || found > directions.rank) {
    throw NumericError("principal components: " + std::to_string(components) +
                       " asked for, but the rank of " + std::to_string(values.rows()) + " cells x " +
                       std::to_string(values.cols()) + " features is " + std::to_string(directions.rank));
  }
  fix_signs(directions.axes);
  pca.components_ = directions.axes.leftCols(found).transpose();
  pca.variances_ = directions.squares.tail(found).reverse() / static_cast<double>(values.rows() - 1);
  return pca;
}

MatrixD Pca::transform(const MatrixD& values) const {
  return centred(values, mean_) * components_.transpose();
}

MatrixD Pca::inverse(const MatrixD& scores) const {
  return (scores * components_).rowwise() + mean_;
}

}  // namespace cplae::stats
