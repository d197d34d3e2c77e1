#pragma once
#include <vector>

#include "cplae/core/ids.hpp"

namespace cplae::dist {

/// Shares units of given costs out over ranks: longest first, each to the least loaded rank (ties: the lower
/// rank). Pure. Returns the rank of every unit.
[[nodiscard]] std::vector<Rank> share(const std::vector<double>& costs, int ranks);

/// Rows [begin, end) of `rows` that belong to `rank`: contiguous, ordered by rank, sizes differ by at most
/// one. Pure.
struct Block {
  std::size_t begin = 0;
  std::size_t end = 0;
};
[[nodiscard]] Block contiguous_block(std::size_t rows, int ranks, Rank rank);

}  // namespace cplae::dist
