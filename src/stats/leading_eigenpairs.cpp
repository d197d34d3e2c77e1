#include "leading_eigenpairs.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "cplae/core/error.hpp"

namespace cplae::stats {

namespace {

using Solver = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// A symmetric tridiagonal matrix of largest entry 1.
struct Tridiagonal {
  Eigen::VectorXd diagonal;  // [n]
  Eigen::VectorXd beside;    // [n - 1]

  [[nodiscard]] Eigen::VectorXd times(const Eigen::VectorXd& x) const {
    const Eigen::Index last = diagonal.size() - 1;
    Eigen::VectorXd result = diagonal.cwiseProduct(x);
    result.head(last) += beside.cwiseProduct(x.tail(last));
    result.tail(last) += beside.cwiseProduct(x.head(last));
    return result;
  }
};

/// LU decomposition, with row exchanges, of a tridiagonal matrix less a multiple of the identity.
class Shifted {
public:
  Shifted(const Tridiagonal& matrix, double shift)
      : pivots_(matrix.diagonal.array() - shift),
        above_(matrix.beside),
        second_above_(Eigen::VectorXd::Zero(matrix.diagonal.size())),
        factors_(matrix.beside),
        exchanged_(static_cast<std::size_t>(matrix.beside.size())) {
    for (Eigen::Index i = 0; i + 1 < pivots_.size(); ++i) {
      const double below = factors_[i];
      const bool exchange = std::abs(below) > std::abs(pivots_[i]);
      exchanged_[static_cast<std::size_t>(i)] = exchange;
      if (exchange) {
        factors_[i] = pivots_[i] / below;
        pivots_[i] = below;
        const double right = above_[i];
        above_[i] = pivots_[i + 1];
        pivots_[i + 1] = right - factors_[i] * above_[i];
        if (i + 2 < pivots_.size()) {
          second_above_[i] = above_[i + 1];
          above_[i + 1] *= -factors_[i];
        }
      } else {
        factors_[i] = below / away_from_zero(pivots_[i]);
        pivots_[i + 1] -= factors_[i] * above_[i];
      }
    }
  }

  void solve_in_place(Eigen::VectorXd& x) const {
    const Eigen::Index n = pivots_.size();
    for (Eigen::Index i = 0; i + 1 < n; ++i) {
      if (exchanged_[static_cast<std::size_t>(i)]) std::swap(x[i], x[i + 1]);
      x[i + 1] -= factors_[i] * x[i];
    }
    for (Eigen::Index i = n - 1; i >= 0; --i) {
      if (i + 1 < n) x[i] -= above_[i] * x[i + 1];
      if (i + 2 < n) x[i] -= second_above_[i] * x[i + 2];
      x[i] /= away_from_zero(pivots_[i]);
    }
  }

private:
  /// A pivot of 0 belongs to an exact eigenvalue: as good as one of rounding size.
  static double away_from_zero(double pivot) {
    return std::abs(pivot) < epsilon ? std::copysign(epsilon, pivot) : pivot;
  }

  Eigen::VectorXd pivots_;
  Eigen::VectorXd above_;
  Eigen::VectorXd second_above_;
  Eigen::VectorXd factors_;
  std::vector<bool> exchanged_;
};

/// Takes the earlier columns out of x and scales it to length 1; twice, for orthogonality to rounding.
void orthonormalise(Eigen::VectorXd& x, const Eigen::MatrixXd& vectors, Eigen::Index earlier) {
  for (int round = 0; round < 2; ++round) {
    x /= x.cwiseAbs().maxCoeff();
    x -= vectors.leftCols(earlier) * (vectors.leftCols(earlier).transpose() * x);
    x.normalize();
  }
}

/// Vectors of the `count` last of the ascending values, last first; none where one does not converge.
std::optional<Eigen::MatrixXd> inverse_iteration(const Tridiagonal& matrix, const VectorD& values,
                                                 Eigen::Index count) {
  constexpr int most_iterations = 8;
  // A row holds three entries of up to 1; each of its products and sums may be rounded.
  constexpr double least_residual = 20 * epsilon;
  // Well above the rounding of the eigenvalues: a vector of another eigenvalue further off is not taken.
  constexpr double least_value_error = 1e-11;
  const Eigen::Index n = values.size();
  std::minstd_rand random;
  Eigen::MatrixXd vectors(n, count);
  for (Eigen::Index k = 0; k < count; ++k) {
    const double value = values[n - 1 - k];
    const Shifted shifted(matrix, value);
    Eigen::VectorXd x(n);
    for (double& entry : x)
      entry = static_cast<double>(random()) / static_cast<double>(std::minstd_rand::max()) - 0.5;
    bool is_found = false;
    for (int i = 0; i < most_iterations && !is_found; ++i) {
      shifted.solve_in_place(x);
      orthonormalise(x, vectors, k);
      const Eigen::VectorXd image = matrix.times(x);
      const double quotient = x.dot(image);
      is_found = (image - quotient * x).cwiseAbs().maxCoeff() < least_residual &&
                 std::abs(quotient - value) < least_value_error;
    }
    if (!is_found) return std::nullopt;
    vectors.col(k) = x;
  }
  return vectors;
}

std::optional<Eigenpairs> by_inverse_iteration(const Eigen::MatrixXd& symmetric, Eigen::Index count) {
  Eigen::MatrixXd lower = symmetric.triangularView<Eigen::Lower>();
  double scale = lower.cwiseAbs().maxCoeff();
  if (!(scale > 0) || !std::isfinite(scale)) return std::nullopt;
  lower /= scale;
  const Eigen::Tridiagonalization<Eigen::MatrixXd> form(lower);
  Tridiagonal matrix{form.diagonal(), form.subDiagonal()};
  const double largest = std::max(matrix.diagonal.cwiseAbs().maxCoeff(), matrix.beside.cwiseAbs().maxCoeff());
  matrix.diagonal /= largest;
  matrix.beside /= largest;
  scale *= largest;
  Solver solver;
  solver.computeFromTridiagonal(matrix.diagonal, matrix.beside, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return std::nullopt;
  const auto vectors = inverse_iteration(matrix, solver.eigenvalues(), count);
  if (!vectors) return std::nullopt;
  return Eigenpairs{scale * solver.eigenvalues(), form.matrixQ() * *vectors};
}

}  // namespace

Eigenpairs leading_eigenpairs(const Eigen::MatrixXd& symmetric, Eigen::Index count) {
  const Eigen::Index n = symmetric.rows();
  // For fewer rows, or more vectors, the QR iteration costs no more.
  if (n >= 64 && 4 * count <= n) {
    if (auto pairs = by_inverse_iteration(symmetric, count)) return *std::move(pairs);
  }
  const Solver solver(symmetric);
  if (solver.info() != Eigen::Success) throw NumericError("eigenvalues: the QR iteration did not converge");
  return {solver.eigenvalues(), solver.eigenvectors().rightCols(count).rowwise().reverse()};
}

}  // namespace cplae::stats
