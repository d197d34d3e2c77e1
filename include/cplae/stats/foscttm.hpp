#pragma once
#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// Rows of both are the same cells.
struct MatchedCells {
  MatrixD first;   ///< [cells x dim]
  MatrixD second;  ///< [cells x dim]
};

/// Fraction of samples closer than the true match.
struct Foscttm {
  double from_first = 0;   ///< cells of `second` closer to a cell of `first` than its partner, over cells^2
  double from_second = 0;  ///< cells of `first` closer to a cell of `second` than its partner, over cells^2
  double mean = 0;         ///< of both: the sum of their counts over 2 cells^2
};

struct FoscttmScores {
  Foscttm closer;     ///< strictly closer cells counted; 0 where all latents are equal
  Foscttm ties_half;  ///< and half of the other cells that are exactly as far as the partner
};

/// Euclidean distances, all computed (Liu et al. 2019, WABI; Demetci et al. 2022, J. Comput. Biol.). Chance
/// is about 1/2. Throws NumericError when the shapes differ, there is no cell, or an entry is not finite.
[[nodiscard]] FoscttmScores foscttm(const MatchedCells& cells);

}  // namespace cplae::stats
