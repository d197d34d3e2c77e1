#pragma once
#include <cstdint>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// A table of counts, [classes of one labelling x classes of the other].
using Counts = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace cplae::stats
