#include "cplae/stats/cca.hpp"

#include <Eigen/QR>
#include <Eigen/SVD>
#include <cmath>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"

namespace cplae::stats {

namespace {

/// Standardised columns and their QR decomposition.
struct Whitened {
  Eigen::MatrixXd values;     // [cells x p], standardised
  Eigen::MatrixXd q;          // [cells x p]
  Eigen::MatrixXd r_inverse;  // [p x p]; values * r_inverse = q
};

Whitened whitened(Eigen::MatrixXd values, const std::string& what) {
  const Eigen::Index p = values.cols();
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(values);
  if (qr.rank() < p) {
    throw NumericError("canonical correlation: the " + what + " side has rank " + std::to_string(qr.rank()) +
                       ", expected its " + std::to_string(p) + " columns to be independent");
  }
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(p, p);
  qr.matrixQR().topLeftCorner(p, p).triangularView<Eigen::Upper>().solveInPlace(inverse);
  Whitened result;
  result.r_inverse = qr.colsPermutation() * inverse;
  result.q = qr.householderQ() * Eigen::MatrixXd::Identity(values.rows(), p);
  result.values = std::move(values);
  return result;
}

/// Scales direction k so that its part orthogonal to the earlier ones has length 1. scikit-learn's weights of
/// step k are this part: the least-norm solution on inputs from which the earlier scores have been taken out.
Eigen::MatrixXd deflation_weights(Eigen::MatrixXd& directions) {
  Eigen::MatrixXd weights = directions;
  for (Eigen::Index k = 0; k < directions.cols(); ++k) {
    for (Eigen::Index j = 0; j < k; ++j)
      weights.col(k) -= weights.col(j).dot(weights.col(k)) * weights.col(j);
    const double length = weights.col(k).norm();
    weights.col(k) /= length;
    directions.col(k) /= length;
  }
  return weights;
}

void require_sizes(const CcaInput& input, Eigen::Index dim) {
  const Eigen::Index cells = input.first.rows();
  const Eigen::Index p = input.first.cols();
  const Eigen::Index q = input.second.cols();
  if (input.second.rows() != cells) {
    throw NumericError("canonical correlation: " + std::to_string(cells) + " cells on the first side, " +
                       std::to_string(input.second.rows()) + " on the second");
  }
  if (dim < 1 || dim > std::min(p, q)) {
    throw NumericError("canonical correlation: " + std::to_string(dim) +
                       " dimensions asked for, but the sides have " + std::to_string(p) + " and " +
                       std::to_string(q) + " columns");
  }
  if (cells <= p + q) {
    throw NumericError("canonical correlation: " + std::to_string(cells) + " cells, expected more than the " +
                       std::to_string(p) + " + " + std::to_string(q) + " columns");
  }
}

}  // namespace

Cca Cca::fit(const CcaInput& input, Eigen::Index dim) {
  require_sizes(input, dim);
  const std::array<const MatrixD*, 2> inputs = {&input.first, &input.second};
  const std::array<std::string, 2> names = {"first", "second"};
  Cca cca;
  std::array<Whitened, 2> sides;
  for (std::size_t side = 0; side < 2; ++side) {
    require_usable(*inputs[side], "canonical correlation, " + names[side] + " side");
    View& view = cca.views_[side];
    view.mean = inputs[side]->colwise().mean();
    Eigen::MatrixXd values = inputs[side]->rowwise() - view.mean;
    view.scale = (values.colwise().squaredNorm() / static_cast<double>(values.rows() - 1)).cwiseSqrt();
    view.scale = (view.scale.array() == 0).select(1.0, view.scale);
    values.array().rowwise() /= view.scale.array();
    sides[side] = whitened(std::move(values), names[side]);
  }
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(sides[0].q.transpose() * sides[1].q,
                                              Eigen::ComputeThinU | Eigen::ComputeThinV);
  cca.correlations_ = svd.singularValues().head(dim).cwiseMin(1.0);
  cca.views_[0].rotations = sides[0].r_inverse * svd.matrixU().leftCols(dim);
  cca.views_[1].rotations = sides[1].r_inverse * svd.matrixV().leftCols(dim);
  const Eigen::MatrixXd weights = deflation_weights(cca.views_[0].rotations);
  deflation_weights(cca.views_[1].rotations);
  for (Eigen::Index k = 0; k < dim; ++k) {
    Eigen::Index at = 0;
    weights.col(k).cwiseAbs().maxCoeff(&at);
    if (weights(at, k) >= 0) continue;
    for (View& view : cca.views_)
      view.rotations.col(k) *= -1;
  }
  for (std::size_t side = 0; side < 2; ++side) {
    const Eigen::MatrixXd scores = sides[side].values * cca.views_[side].rotations;
    cca.views_[side].loadings =
        (sides[side].values.transpose() * scores).array().rowwise() / scores.colwise().squaredNorm().array();
  }
  return cca;
}

MatrixD Cca::transform(Side side, const MatrixD& values) const {
  const View& own = view(side);
  const Eigen::MatrixXd standardised = (values.rowwise() - own.mean).array().rowwise() / own.scale.array();
  return standardised * own.rotations;
}

MatrixD Cca::inverse(Side side, const MatrixD& scores) const {
  const View& own = view(side);
  const Eigen::MatrixXd standardised = scores * own.loadings.transpose();
  return (standardised.array().rowwise() * own.scale.array()).matrix().rowwise() + own.mean;
}

}  // namespace cplae::stats
