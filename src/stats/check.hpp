#pragma once
#include <string>

#include "cplae/core/matrix.hpp"
#include "cplae/stats/counts.hpp"

namespace cplae::stats {

/// What to do with NaN in require_usable.
enum class Missing : unsigned char { refused, allowed };

/// Throws NumericError naming `what`, row, column and value at the first entry that is not finite (or, where
/// allowed, not NaN), or above 1e100, whose squares would overflow sums.
void require_usable(const MatrixD& values, const std::string& what, Missing missing = Missing::refused);

/// Throws NumericError naming `what`, row, column and value at the first count below 0 or above 2^53, beyond
/// which doubles are no longer exact.
void require_counts(const Counts& counts, const std::string& what);

}  // namespace cplae::stats
