#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace cplae::stats {

/// What the folds of a comparison are, and how sure its interval is to be.
struct FoldDesign {
  double test_to_train = 0;  ///< held-out cells over training cells: 1 / (k - 1) for k folds
  double confidence = 0.95;  ///< of the interval
};

/// How far two variants are apart over the folds that both have.
struct FoldDifference {
  std::size_t folds = 0;      ///< with a number on both sides
  std::size_t unpaired = 0;   ///< with a number on one side only
  double mean = 0;            ///< of second - first; NaN without a fold
  double sd = 0;              ///< divisor folds - 1; NaN below two folds
  double standard_error = 0;  ///< sd sqrt(1 / folds + test_to_train); NaN below two folds
  double half_width = 0;      ///< the interval of the mean is mean +- half_width; NaN below two folds
  double p_value = 0;         ///< two-sided, of no difference; NaN below two folds
};

/// Corrected resampled t test (Nadeau and Bengio 2003): mean / standard_error is taken for Student's t with
/// folds - 1 degrees of freedom. Folds share training cells, and the term test_to_train stands for what their
/// differences have in common. Folds with a NaN are left out. Without any spread p is 1 for a mean of 0, else
/// 0. Throws NumericError unless the series have one length, test_to_train is finite and not negative, and 0
/// < confidence < 1.
[[nodiscard]] FoldDifference fold_difference(std::span<const double> first, std::span<const double> second,
                                             const FoldDesign& design);

/// Holm's adjusted p values (Holm 1979), in the order given: rejecting those of at most alpha keeps the
/// probability of any false rejection at alpha. NaN stays NaN and is not counted. Throws NumericError at a
/// value outside 0 to 1.
[[nodiscard]] std::vector<double> holm(std::span<const double> p_values);

}  // namespace cplae::stats
