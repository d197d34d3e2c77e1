#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/stats/neighbours.hpp"

namespace cplae::stats {

/// Rows of both are the same cells; missing entries have been filled.
struct RegressionData {
  MatrixD x;  ///< [cells x features]
  MatrixD y;  ///< [cells x targets]
};

/// y = mean of y + (x - mean of x) coefficients, means over the training cells.
class LinearMap {
public:
  struct Parts {
    Eigen::RowVectorXd mean_x;     ///< [features]
    Eigen::RowVectorXd mean_y;     ///< [targets]
    Eigen::MatrixXd coefficients;  ///< [features x targets]
  };
  explicit LinearMap(Parts parts) : parts_(std::move(parts)) {}

  /// [cells x features] -> [cells x targets]. Throws NumericError when the number of features is another or
  /// an entry is not finite.
  [[nodiscard]] MatrixD predict(const MatrixD& x) const;
  [[nodiscard]] const Eigen::MatrixXd& coefficients() const { return parts_.coefficients; }

private:
  Parts parts_;
};

/// In the functions below that take RegressionData, x and y are centred over the cells given, and the normal
/// equations are those of the features, or of the cells (the dual) where features outnumber them. They throw
/// NumericError naming the numbers when the two sides differ in cells, there are fewer than two cells or no
/// feature or target, an entry is not finite, a penalty is negative, or the equations are singular
/// (reciprocal condition below 1e-13), which a penalty of 0 needs more cells than features to escape.

/// Ridge regression: least |y - x B|^2 + penalty |B|^2 (Hoerl and Kennard 1970), scikit-learn's Ridge.
/// Penalty 0 is ordinary least squares.
[[nodiscard]] LinearMap fit_ridge(const RegressionData& data, double penalty);

struct ReducedRank {
  double penalty = 0;
  Eigen::Index rank = 1;
};

/// Reduced-rank regression (Izenman 1975): the ridge coefficients B projected on the leading right singular
/// vectors of the fitted values, B V V', V [targets x rank]. With penalty 0 no B of this rank has smaller
/// squared errors. Throws NumericError unless 1 <= rank <= min(features, targets).
[[nodiscard]] LinearMap fit_reduced_rank(const RegressionData& data, const ReducedRank& how);

struct ChosenPenalty {
  double penalty = 0;          ///< of least error, the first of equals
  std::vector<double> errors;  ///< mean squared error over all entries of held-out cells, for each penalty
};

/// Fits ridge regression without the cells of a fold and predicts them, fold by fold. fold_of_cell [cells]:
/// any numbers; cells of one number are one fold. Throws NumericError with fewer than two folds, or without a
/// penalty to choose from.
[[nodiscard]] ChosenPenalty choose_penalty(const RegressionData& data, const std::vector<double>& penalties,
                                           const std::vector<std::size_t>& fold_of_cell);

struct RankChoices {
  double penalty = 0;
  std::vector<Eigen::Index> ranks;
};

struct ChosenRank {
  Eigen::Index rank = 1;       ///< of least error, the first of equals
  std::vector<double> errors;  ///< mean squared error over all entries of held-out cells, for each rank
};

/// The same with reduced-rank regression at one penalty.
[[nodiscard]] ChosenRank choose_rank(const RegressionData& data, const RankChoices& choices,
                                     const std::vector<std::size_t>& fold_of_cell);

struct ChosenNeighbours {
  Eigen::Index k = 1;          ///< of least error, the first of equals
  std::vector<double> errors;  ///< mean squared error over all entries of held-out cells, for each count
};

/// The same with the mean over the k nearest training cells (predict_by_neighbours).
[[nodiscard]] ChosenNeighbours choose_neighbours(const RegressionData& data,
                                                 const std::vector<Eigen::Index>& counts,
                                                 const std::vector<std::size_t>& fold_of_cell);

/// The mean of every target for every cell; missing entries (NaN) are left out of it. targets [cells x
/// targets] -> [queries x targets]. Throws NumericError when a target has no entry or one that is infinite.
[[nodiscard]] MatrixD predict_by_mean(const MatrixD& targets, Eigen::Index queries);

/// The mean of every target over the k nearest cells of the reference (scikit-learn's KNeighborsRegressor);
/// missing entries (NaN) are left out of it, and where all k miss a target, its mean over the reference is
/// taken. targets [cells of the reference x targets] -> [queries x targets]. Throws as nearest_neighbours and
/// predict_by_mean, and when the reference has another number of cells than the targets.
[[nodiscard]] MatrixD predict_by_neighbours(const NeighbourSearch& search, const MatrixD& targets);

}  // namespace cplae::stats
