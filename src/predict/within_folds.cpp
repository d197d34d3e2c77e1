#include "within_folds.hpp"

namespace cplae::predict {

WithinFolds::WithinFolds(Eigen::Index cells, Eigen::Index features)
    : fold_sums_(cells, features), variances_(MatrixD::Zero(cells, features)) {}

void WithinFolds::next_network(std::int64_t fold) {
  if (fold != fold_) close_fold();
  fold_ = fold;
  fold_sums_.begin_member();
}

void WithinFolds::close_fold() {
  if (fold_sums_.members() > 1) {
    variances_.array() += fold_sums_.spread().array().square();
    ++folds_;
  }
  fold_sums_ = stats::EnsembleSums(variances_.rows(), variances_.cols());
}

MatrixD WithinFolds::spread() && {
  close_fold();
  return (variances_ / static_cast<double>(folds_)).cwiseSqrt();  // 0 / 0 without a fold
}

}  // namespace cplae::predict
