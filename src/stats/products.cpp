#include "products.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/kernels.hpp"

namespace cplae::stats {

namespace {

/// Columns that are factored by Eigen between two products.
constexpr Eigen::Index panel = 64;

std::size_t number(Eigen::Index count) {
  return static_cast<std::size_t>(count);
}

std::vector<double> scratch_for(Eigen::Index size) {
  return std::vector<double>(product_depth * (number(size) + 3 * widest));
}

/// factors: [depth x size of sums], by rows.
void add_gram(const double* factors, Eigen::Index depth, Eigen::MatrixXd& sums,
              std::vector<double>& scratch) {
  best_kernels().add_symmetric_product({.size = number(sums.rows()),
                                        .depth = number(depth),
                                        .stride = number(sums.rows()),
                                        .sums_stride = number(sums.rows()),
                                        .factors = factors,
                                        .sums = sums.data(),
                                        .scratch = scratch.data(),
                                        .sign = 1});
}

/// Greatest sum of a column of the whole symmetric matrix, of which the lower triangle is given.
double one_norm(const Eigen::MatrixXd& lower) {
  double largest = 0;
  for (Eigen::Index j = 0; j < lower.cols(); ++j)
    largest = std::max(largest, lower.col(j).tail(lower.rows() - j).cwiseAbs().sum() +
                                    lower.row(j).head(j).cwiseAbs().sum());
  return largest;
}

/// L in the place of the lower triangle. False where it is not positive definite.
bool factor_in_place(Eigen::MatrixXd& matrix) {
  const Eigen::Index size = matrix.rows();
  auto scratch = scratch_for(size);
  for (Eigen::Index from = 0; from < size; from += panel) {
    const Eigen::Index width = std::min(panel, size - from);
    const Eigen::Index rest = size - from - width;
    auto diagonal = matrix.block(from, from, width, width);
    const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>, Eigen::Lower> factor(diagonal);
    if (factor.info() != Eigen::Success) return false;
    if (rest == 0) break;
    auto below = matrix.block(from + width, from, rest, width);
    diagonal.triangularView<Eigen::Lower>().transpose().solveInPlace<Eigen::OnTheRight>(below);
    best_kernels().add_symmetric_product({.size = number(rest),
                                          .depth = number(width),
                                          .stride = number(size),
                                          .sums_stride = number(size),
                                          .factors = &matrix(from + width, from),
                                          .sums = &matrix(from + width, from + width),
                                          .scratch = scratch.data(),
                                          .sign = -1});
  }
  return true;
}

}  // namespace

Eigen::MatrixXd smaller_gram(const Eigen::MatrixXd& x) {
  // The kernel takes factors by rows, as those of x' lie there; x is copied a portion at a time.
  const bool is_wide = x.cols() > x.rows();
  const Eigen::Index size = is_wide ? x.rows() : x.cols();
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(size, size);
  auto scratch = scratch_for(size);
  if (is_wide) {
    add_gram(x.data(), x.cols(), sums, scratch);
    return sums;
  }
  constexpr auto portion = static_cast<Eigen::Index>(product_depth);
  for (Eigen::Index first = 0; first < x.rows(); first += portion) {
    const MatrixD rows = x.middleRows(first, std::min(portion, x.rows() - first));
    add_gram(rows.data(), rows.rows(), sums, scratch);
  }
  return sums;
}

Cholesky::Cholesky(Eigen::MatrixXd symmetric) {
  m_l1_norm = one_norm(symmetric);
  m_matrix = std::move(symmetric);
  m_isInitialized = true;
  m_info = factor_in_place(m_matrix) ? Eigen::Success : Eigen::NumericalIssue;
}

}  // namespace cplae::stats
