#pragma once
#include <cstddef>
#include <vector>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// In all functions of this file `truth` and `predicted` are [cells x features]; entries whose truth is
/// missing (NaN) are left out. They throw NumericError when the shapes differ, or when a truth is infinite or
/// a prediction beside a present truth is not finite (naming cell and feature).

/// Coefficient of determination 1 - sum (x - x~)^2 / sum (x - mean x)^2 of every feature, by the rules of
/// scikit-learn's r2_score: a constant truth gives 1 if it is met exactly and 0 otherwise; fewer than two
/// present entries give NaN. [features]
[[nodiscard]] std::vector<double> r2_per_feature(const MatrixF& truth, const MatrixF& predicted);

/// Features whose present truths, two or more, are all the same number: their R2 is 1 or 0 by convention.
/// `truth` is [cells x features] without infinite entries; throws nothing.
[[nodiscard]] std::size_t constant_features(const MatrixF& truth);

/// Mean of r2_per_feature over the features that have one; NaN if none has.
[[nodiscard]] double r2(const MatrixF& truth, const MatrixF& predicted);

/// Mean of (x - x~)^2 over present entries; NaN if there is none.
[[nodiscard]] double mean_squared_error(const MatrixF& truth, const MatrixF& predicted);

/// Mean of (x - x~)^2 over the present entries of each cell; NaN for a cell without any. [cells]
[[nodiscard]] std::vector<double> squared_error_per_cell(const MatrixF& truth, const MatrixF& predicted);

/// Share of the entries of each cell that are missing; any shape. [cells]
[[nodiscard]] std::vector<double> missing_share_per_cell(const MatrixF& values);

/// Pearson correlation of every feature; NaN where either side is constant or fewer than two entries are
/// present. [features]
[[nodiscard]] std::vector<double> pearson_per_feature(const MatrixF& truth, const MatrixF& predicted);

}  // namespace cplae::stats
