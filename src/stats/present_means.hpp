#pragma once
#include <string>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// Mean of the entries of every column that are not missing (NaN). Throws NumericError naming `what` and the
/// column that has none. [cells x features] -> [features]
[[nodiscard]] Eigen::RowVectorXd present_means(const MatrixD& values, const std::string& what);

}  // namespace cplae::stats
