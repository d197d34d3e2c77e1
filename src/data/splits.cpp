#include "cplae/data/splits.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace {

/// Which cells a class has; classes in the order of their first cell, as scikit-learn encodes them.
using Classes = std::vector<std::vector<std::size_t>>;

constexpr std::uint32_t folds_index = 0;
constexpr std::uint32_t holdout_index = 1;

Classes classes_of(const std::vector<std::string>& labels) {
  Classes classes;
  std::unordered_map<std::string, std::size_t> class_of;
  for (std::size_t cell = 0; cell < labels.size(); ++cell) {
    const auto [found, is_new] = class_of.emplace(labels[cell], classes.size());
    if (is_new) classes.emplace_back();
    classes[found->second].push_back(cell);
  }
  return classes;
}

std::vector<std::size_t> shuffled(const std::vector<std::size_t>& cells, NetworkKey key,
                                  RandomStream::Address address) {
  std::vector<std::size_t> out;
  out.reserve(cells.size());
  for (const std::size_t at : RandomStream(key, address).permutation(cells.size()))
    out.push_back(cells[at]);
  return out;
}

/// `draws` shared out over the classes in proportion to `sizes`: floors, then one more by largest remainder.
/// scikit-learn's _approximate_mode in the same floating-point steps, except that equal remainders go to the
/// earlier class and not to a random one.
std::vector<std::size_t> proportional_counts(const std::vector<std::size_t>& sizes, std::size_t draws) {
  const auto total = static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}));
  std::vector<std::size_t> counts(sizes.size());
  std::vector<double> remainder(sizes.size());
  std::size_t given = 0;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const double share = static_cast<double>(sizes[k]) / total * static_cast<double>(draws);
    counts[k] = static_cast<std::size_t>(std::floor(share));
    remainder[k] = share - std::floor(share);
    given += counts[k];
  }
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  for (std::size_t i = 0; given < draws; ++i, ++given)
    ++counts[order[i]];
  return counts;
}

}  // namespace

std::vector<FoldId> stratified_folds(const std::vector<std::string>& labels, std::size_t folds,
                                     NetworkKey key) {
  if (folds < 2 || folds > labels.size()) {
    throw UsageError("folds: found " + std::to_string(folds) + ", expected 2 to the number of cells, " +
                     std::to_string(labels.size()));
  }
  std::vector<FoldId> fold_of_cell(labels.size());
  const Classes classes = classes_of(labels);
  // Cells sorted by class are dealt to the folds in turn, so a class's places in that order say how many each
  // fold gets of it.
  std::size_t place = 0;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    for (const std::size_t cell :
         shuffled(classes[k], key, {.purpose = Purpose::split, .index = folds_index, .step = k})) {
      fold_of_cell[cell] = FoldId(static_cast<std::int64_t>(place++ % folds));
    }
  }
  return fold_of_cell;
}

Split fold_split(const std::vector<FoldId>& fold_of_cell, FoldId fold) {
  Split split(fold_of_cell.size(), Role::train);
  for (std::size_t cell = 0; cell < split.size(); ++cell) {
    if (fold_of_cell[cell] == fold) split[cell] = Role::validation;
  }
  return split;
}

Split holdout_split(const std::vector<std::string>& labels, double test_fraction, NetworkKey key) {
  if (!(test_fraction > 0 && test_fraction < 1)) {
    throw UsageError("test_fraction: found " + number_text(test_fraction) +
                     ", expected a number between 0 and 1");
  }
  const auto tests = static_cast<std::size_t>(std::ceil(test_fraction * static_cast<double>(labels.size())));
  if (tests == 0 || tests >= labels.size()) {
    throw UsageError("test_fraction: " + number_text(test_fraction) + " of " + std::to_string(labels.size()) +
                     " cells leaves no cell for one of the parts");
  }
  const Classes classes = classes_of(labels);
  std::vector<std::size_t> sizes;
  for (const auto& cells : classes)
    sizes.push_back(cells.size());
  const std::vector<std::size_t> training = proportional_counts(sizes, labels.size() - tests);
  Split split(labels.size(), Role::test);
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const auto order =
        shuffled(classes[k], key, {.purpose = Purpose::split, .index = holdout_index, .step = k});
    for (std::size_t i = 0; i < training[k]; ++i)
      split[order[i]] = Role::train;
  }
  return split;
}

}  // namespace cplae::data
