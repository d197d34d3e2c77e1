#include "cplae/stats/qda.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "check.hpp"
#include "cplae/core/error.hpp"

namespace cplae::stats {

namespace {

std::vector<std::vector<Eigen::Index>> cells_by_class(const std::vector<std::int64_t>& class_of_cell) {
  std::vector<std::vector<Eigen::Index>> cells;
  for (std::size_t cell = 0; cell < class_of_cell.size(); ++cell) {
    const auto own = static_cast<std::size_t>(class_of_cell[cell]);
    if (own >= cells.size()) cells.resize(own + 1);
    cells[own].push_back(static_cast<Eigen::Index>(cell));
  }
  return cells;
}

void require_classes(const std::vector<std::vector<Eigen::Index>>& cells) {
  if (cells.size() < 2) {
    throw NumericError("discriminant analysis: " + std::to_string(cells.size()) +
                       " class, expected two or more");
  }
  for (std::size_t c = 0; c < cells.size(); ++c) {
    if (cells[c].size() >= 2) continue;
    throw NumericError("discriminant analysis: class " + std::to_string(c) + " has " +
                       std::to_string(cells[c].size()) + " training cells, expected two or more");
  }
}

}  // namespace

std::optional<Gaussian> Gaussian::fit(MatrixD values, const QdaOptions& options) {
  const auto n = static_cast<double>(values.rows());
  Gaussian fitted;
  fitted.mean_ = values.colwise().mean();
  values.rowwise() -= fitted.mean_;
  Eigen::MatrixXd covariance = values.transpose() * values;
  covariance *= (1 - options.regularisation) / (n - options.covariance_ddof);
  covariance.diagonal().array() += options.regularisation;
  const Eigen::LLT<Eigen::MatrixXd> decomposition(covariance);
  if (decomposition.info() != Eigen::Success) return std::nullopt;
  fitted.cholesky_ = decomposition.matrixL();
  return fitted;
}

VectorD Gaussian::squared_distances(const MatrixD& values) const {
  Eigen::MatrixXd centred = (values.rowwise() - mean_).transpose();
  cholesky_.triangularView<Eigen::Lower>().solveInPlace(centred);
  return centred.colwise().squaredNorm().transpose();
}

double Gaussian::log_determinant() const {
  return 2 * cholesky_.diagonal().array().log().sum();
}

Qda Qda::fit(const MatrixD& values, const std::vector<std::int64_t>& class_of_cell,
             const QdaOptions& options) {
  if (class_of_cell.size() != static_cast<std::size_t>(values.rows())) {
    throw NumericError("discriminant analysis: " + std::to_string(class_of_cell.size()) +
                       " classes given for " + std::to_string(values.rows()) + " cells");
  }
  require_usable(values, "discriminant analysis");
  const auto cells = cells_by_class(class_of_cell);
  require_classes(cells);
  Qda qda;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const auto n = static_cast<double>(cells[c].size());
    auto fitted = Gaussian::fit(values(cells[c], Eigen::all), options);
    if (!fitted) {
      throw NumericError("discriminant analysis: the covariance of class " + std::to_string(c) +
                         " is not positive definite");
    }
    const double log_weight =
        std::log(n / static_cast<double>(values.rows())) - 0.5 * fitted->log_determinant();
    qda.classes_.push_back({std::move(*fitted), log_weight});
  }
  return qda;
}

MatrixD Qda::squared_distances(const MatrixD& values) const {
  require_usable(values, "discriminant analysis");
  MatrixD result(values.rows(), static_cast<Eigen::Index>(classes_.size()));
  for (std::size_t c = 0; c < classes_.size(); ++c)
    result.col(static_cast<Eigen::Index>(c)) = classes_[c].cells.squared_distances(values);
  return result;
}

MatrixD Qda::decision(const MatrixD& values) const {
  MatrixD result = squared_distances(values);
  for (std::size_t c = 0; c < classes_.size(); ++c) {
    const auto column = static_cast<Eigen::Index>(c);
    result.col(column) = (classes_[c].log_weight - 0.5 * result.col(column).array()).matrix();
  }
  return result;
}

MatrixD Qda::log_posterior(const MatrixD& values) const {
  MatrixD result = decision(values);
  for (Eigen::Index cell = 0; cell < result.rows(); ++cell) {
    const double highest = result.row(cell).maxCoeff();
    result.row(cell).array() -= highest + std::log((result.row(cell).array() - highest).exp().sum());
  }
  return result;
}

std::vector<std::int64_t> Qda::predict(const MatrixD& values) const {
  const MatrixD scores = decision(values);
  std::vector<std::int64_t> result(static_cast<std::size_t>(scores.rows()));
  for (Eigen::Index cell = 0; cell < scores.rows(); ++cell) {
    const double* row = &scores(cell, 0);
    result[static_cast<std::size_t>(cell)] = std::max_element(row, row + scores.cols()) - row;
  }
  return result;
}

}  // namespace cplae::stats
