#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/core/ids.hpp"
#include "cplae/core/random.hpp"

namespace cplae::data {

/// What a cell is to a network; the values are those of `split` in results.h5.
enum class Role : std::uint8_t { train = 0, validation = 1, test = 2 };
using Split = std::vector<Role>;  ///< [cells]

/// Fold of every cell, [cells] values 0..folds-1: stratified on `labels` by scikit-learn's rule
/// (StratifiedKFold(shuffle=True): the class counts of each fold equal scikit-learn's; which cells of a class
/// go where is drawn from `key`). Unlabelled cells ("") are a class of their own. Throws UsageError when
/// folds < 2 or folds > cells.
[[nodiscard]] std::vector<FoldId> stratified_folds(const std::vector<std::string>& labels, std::size_t folds,
                                                   NetworkKey key);

/// The split of one fold: its cells are `validation`, the others `train`.
[[nodiscard]] Split fold_split(const std::vector<FoldId>& fold_of_cell, FoldId fold);

/// One stratified hold-out: about `test_fraction` of each class becomes `test`, counts by scikit-learn's
/// StratifiedShuffleSplit rule (largest remainder). Throws UsageError unless 0 < test_fraction < 1 and both
/// parts are non-empty.
[[nodiscard]] Split holdout_split(const std::vector<std::string>& labels, double test_fraction,
                                  NetworkKey key);

}  // namespace cplae::data
