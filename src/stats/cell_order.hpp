#pragma once
#include <cstddef>
#include <vector>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// An order of the cells in which each `block` consecutive ones, counted from the first, are near each other:
/// halves along the widest dimension, again and again (a k-d tree). values: finite, [cells x dim]. [cells]
[[nodiscard]] std::vector<std::size_t> compact_order(const MatrixD& values, std::size_t block);

}  // namespace cplae::stats
