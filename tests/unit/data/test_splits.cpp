#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "cplae/core/error.hpp"
#include "cplae/data/splits.hpp"

namespace cplae::data {
namespace {

const NetworkKey key = make_key(3, "a split");

std::vector<std::string> labels_of(const std::map<std::string, std::size_t>& sizes) {
  std::vector<std::string> sorted;
  for (const auto& [label, n] : sizes)
    sorted.insert(sorted.end(), n, label);
  std::vector<std::string> labels;
  for (const std::size_t at :
       RandomStream(key, {.purpose = Purpose::simulation}).permutation(sorted.size())) {
    labels.push_back(sorted[at]);
  }
  return labels;
}

TEST(StratifiedFolds, DealsEveryClassEvenly) {
  const std::map<std::string, std::size_t> sizes = {{"a", 43}, {"b", 20}, {"c", 7}, {"d", 1}, {"", 12}};
  const auto labels = labels_of(sizes);
  const auto folds = stratified_folds(labels, 5, key);
  for (const auto& [label, n] : sizes) {
    std::vector<std::size_t> count(5);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == label) ++count.at(folds[i].index());
    }
    for (const std::size_t c : count) {
      EXPECT_GE(c, n / 5) << "class '" << label << "'";
      EXPECT_LE(c, (n + 4) / 5) << "class '" << label << "'";
    }
  }
}

TEST(StratifiedFolds, IsAFunctionOfItsKey) {
  const auto labels = labels_of({{"a", 30}, {"b", 30}});
  EXPECT_EQ(stratified_folds(labels, 6, key), stratified_folds(labels, 6, key));
  EXPECT_NE(stratified_folds(labels, 6, key), stratified_folds(labels, 6, make_key(4, "a split")));
}

TEST(StratifiedFolds, WorksFromTwoFoldsToOneCellAFold) {
  const std::vector<std::string> labels = {"a", "b", "a", "c"};
  auto folds = stratified_folds(labels, 4, key);
  std::sort(folds.begin(), folds.end());
  EXPECT_EQ(folds, (std::vector<FoldId>{FoldId(0), FoldId(1), FoldId(2), FoldId(3)}));
  EXPECT_THROW((void)stratified_folds(labels, 1, key), UsageError);
  EXPECT_THROW((void)stratified_folds(labels, 5, key), UsageError);
}

TEST(FoldSplit, ValidatesOnTheFoldAlone) {
  const std::vector<FoldId> folds = {FoldId(0), FoldId(2), FoldId(1), FoldId(2)};
  EXPECT_EQ(fold_split(folds, FoldId(2)),
            (Split{Role::train, Role::validation, Role::train, Role::validation}));
}

TEST(HoldoutSplit, TakesTheLargestRemainders) {
  // 46 of 57 cells train: shares 32.28, 8.07, 5.65. The floors leave one cell over, which goes to c.
  const auto labels = labels_of({{"a", 40}, {"b", 10}, {"c", 7}});
  const Split split = holdout_split(labels, 0.18, key);
  std::map<std::string, int> tests;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    EXPECT_NE(split[i], Role::validation);
    if (split[i] == Role::test) ++tests[labels[i]];
  }
  EXPECT_EQ(tests, (std::map<std::string, int>{{"a", 8}, {"b", 2}, {"c", 1}}));
}

TEST(HoldoutSplit, RefusesEmptyParts) {
  const std::vector<std::string> labels = {"a", "a"};
  for (const double fraction : {0.0, 1.0, -0.1, 1.5, 0.9}) {
    EXPECT_THROW((void)holdout_split(labels, fraction, key), UsageError) << fraction;
  }
}

}  // namespace
}  // namespace cplae::data
