// Features by name: permuted, missing, too many.
#include <gtest/gtest.h>

#include "cplae/core/error.hpp"
#include "cplae/predict/features.hpp"

namespace cplae::predict {
namespace {

using Names = std::vector<std::string>;

TEST(MatchFeatures, PermutedMissingAndExtra) {
  const FeatureMatch match = match_features({"a", "b", "c"}, {"x", "c", "a", "y"});
  ASSERT_EQ(match.column.size(), 3U);
  EXPECT_EQ(match.column[0], 2U);
  EXPECT_EQ(match.column[1], std::nullopt);
  EXPECT_EQ(match.column[2], 1U);
  EXPECT_EQ(match.missing, Names{"b"});
  EXPECT_EQ(match.extra, (Names{"x", "y"}));
  EXPECT_EQ(match.shared(), 2U);
}

TEST(MatchFeatures, NamesAreMatchedLetterByLetter) {
  EXPECT_EQ(match_features({"Sst"}, {"SST", "Sst "}).shared(), 0U);
}

TEST(MatchFeatures, HalfIsEnoughAndLessIsRefused) {
  EXPECT_NO_THROW(require_half(match_features({"a", "b", "c", "d"}, {"a", "b"}), "T"));
  try {
    require_half(match_features({"a", "b", "c"}, {"a", "x"}), "T");
    FAIL();
  } catch (const DataError& error) {
    const std::string text = error.what();
    for (const char* part : {"T: 1 of the run's 3", "missing: b, c", "the new data have: x"})
      EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST(MatchFeatures, DescriptionNamesTheFirstFew) {
  Names model;
  Names table;
  for (int i = 0; i < 20; ++i) {
    model.push_back("g" + std::to_string(i));
    if (i >= 7) table.push_back(model.back());
  }
  EXPECT_EQ(describe(match_features(model, table)),
            "13 of 20 found by name; 7 missing, taken as 0: g0, g1, g2, g3, g4 and 2 more");
  table.emplace_back("x");
  EXPECT_EQ(describe(match_features({"g7"}, {"g7", "x"})), "1 of 1 found by name; 1 others left out: x");
}

}  // namespace
}  // namespace cplae::predict
