#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

struct QdaOptions {
  /// r: each class covariance C becomes (1 - r) C + r I.
  double regularisation = 1e-2;
  /// Divisor of a class covariance is (cells - ddof). 0 is scikit-learn's rule since 1.8; 1 was its rule
  /// before, also when the paper was written.
  int covariance_ddof = 0;
};

/// A multivariate normal distribution of cells, with the regularised covariance of QdaOptions.
class Gaussian {
public:
  /// values [cells x dim]. None when the covariance is not positive definite. Pre-condition: a cell at least,
  /// finite values.
  static std::optional<Gaussian> fit(MatrixD values, const QdaOptions& options = {});

  /// Squared Mahalanobis distance of every cell from the mean. [cells]
  [[nodiscard]] VectorD squared_distances(const MatrixD& values) const;
  [[nodiscard]] double log_determinant() const;  ///< of the covariance

private:
  Eigen::RowVectorXd mean_;   // [dim]
  Eigen::MatrixXd cholesky_;  // lower, [dim x dim]
};

/// Quadratic discriminant analysis: one Gaussian a class, priors from the training frequencies; the results
/// of scikit-learn's QuadraticDiscriminantAnalysis(reg_param=r). A class with fewer cells than dimensions,
/// which scikit-learn refuses, is fitted here: the regularised covariance has full rank.
class Qda {
public:
  /// values [cells x dim]; class_of_cell [cells], values 0..C-1. Throws NumericError when a class of 0..C-1
  /// has fewer than two cells, C < 2, an entry is not finite, or a covariance is not positive definite.
  static Qda fit(const MatrixD& values, const std::vector<std::int64_t>& class_of_cell,
                 const QdaOptions& options = {});

  /// log(prior) + log density, without the constant -dim/2 log(2 pi), as scikit-learn's decision_function.
  /// [cells x classes]
  [[nodiscard]] MatrixD decision(const MatrixD& values) const;
  /// Logarithm of the posterior probability of each class; rows sum to 1 after exp. [cells x classes]
  [[nodiscard]] MatrixD log_posterior(const MatrixD& values) const;
  /// Squared Mahalanobis distance of every cell from every class. [cells x classes]
  [[nodiscard]] MatrixD squared_distances(const MatrixD& values) const;
  /// The most probable class of every cell; ties go to the lower class. [cells]
  [[nodiscard]] std::vector<std::int64_t> predict(const MatrixD& values) const;

private:
  struct Class {
    Gaussian cells;
    double log_weight = 0;  // log prior - 1/2 log det
  };
  std::vector<Class> classes_;
};

}  // namespace cplae::stats
