#include "cplae/stats/pc_cca.hpp"

#include <Eigen/Eigenvalues>
#include <string>

#include "cplae/core/error.hpp"

namespace cplae::stats {

namespace {

constexpr std::size_t at(Side side) {
  return static_cast<std::size_t>(side);
}

void require_same_cells(const std::array<PcCcaModality, 2>& training) {
  const auto cells = static_cast<std::size_t>(training[0].values.rows());
  for (const PcCcaModality& modality : training) {
    const auto rows = static_cast<std::size_t>(modality.values.rows());
    if (rows == cells && modality.present.size() == cells) continue;
    throw NumericError("PC-CCA: a modality of " + std::to_string(rows) + " cells and " +
                       std::to_string(modality.present.size()) + " marks of presence, expected " +
                       std::to_string(cells));
  }
}

std::vector<Eigen::Index> rows_where(const std::vector<std::uint8_t>& marks) {
  std::vector<Eigen::Index> rows;
  for (std::size_t cell = 0; cell < marks.size(); ++cell) {
    if (marks[cell] != 0) rows.push_back(static_cast<Eigen::Index>(cell));
  }
  return rows;
}

MatrixD rows_of(const MatrixF& values, const std::vector<Eigen::Index>& rows) {
  return MatrixF(values(rows, Eigen::all)).cast<double>();
}

}  // namespace

PcCca::Whitening PcCca::whiten(const MatrixD& scores) {
  Whitening result;
  result.mean = scores.colwise().mean();
  const Eigen::MatrixXd centred = scores.rowwise() - result.mean;
  const Eigen::MatrixXd covariance = centred.transpose() * centred / static_cast<double>(scores.rows() - 1);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  if (solver.info() != Eigen::Success || !(solver.eigenvalues().minCoeff() > 0)) {
    throw NumericError("PC-CCA: the covariance of the canonical scores of " + std::to_string(scores.rows()) +
                       " training cells is singular");
  }
  result.forward = solver.operatorInverseSqrt();
  result.back = solver.operatorSqrt();
  return result;
}

PcCca PcCca::fit(const std::array<PcCcaModality, 2>& training, Eigen::Index latent_dim) {
  require_same_cells(training);
  std::vector<std::uint8_t> both = training[0].present;
  for (std::size_t cell = 0; cell < both.size(); ++cell)
    both[cell] = both[cell] != 0 && training[1].present[cell] != 0 ? 1 : 0;
  const std::vector<Eigen::Index> shared = rows_where(both);
  PcCca model;
  std::array<MatrixD, 2> scores;
  for (std::size_t side = 0; side < 2; ++side) {
    const PcCcaModality& modality = training[side];
    model.pca_[side] = Pca::fit(rows_of(modality.values, rows_where(modality.present)), modality.components);
    scores[side] = model.pca_[side].transform(rows_of(modality.values, shared));
  }
  model.cca_ = Cca::fit({.first = scores[0], .second = scores[1]}, latent_dim);
  for (const Side side : {Side::first, Side::second}) {
    model.whitening_[at(side)] = whiten(model.cca_.transform(side, scores[at(side)]));
  }
  return model;
}

MatrixD PcCca::encode(Side side, const MatrixF& values) const {
  const MatrixD scores = cca_.transform(side, pca_[at(side)].transform(values.cast<double>()));
  return (scores.rowwise() - whitening_[at(side)].mean) * whitening_[at(side)].forward;
}

MatrixF PcCca::decode(Side side, const MatrixD& latents) const {
  const MatrixD scores = (latents * whitening_[at(side)].back).rowwise() + whitening_[at(side)].mean;
  return pca_[at(side)].inverse(cca_.inverse(side, scores)).cast<float>();
}

}  // namespace cplae::stats
