#pragma once
#include <span>
#include <vector>

namespace cplae::stats {

/// In this file pairs with a NaN on either side are left out, and series have one length (NumericError).

/// Pearson's correlation (scipy.stats.pearsonr); NaN where either side is constant or fewer than two pairs
/// are left.
[[nodiscard]] double pearson(std::span<const double> first, std::span<const double> second);

/// Spearman's: Pearson's of the ranks, equal values sharing the mean of theirs (scipy.stats.spearmanr).
[[nodiscard]] double spearman(std::span<const double> first, std::span<const double> second);

}  // namespace cplae::stats
