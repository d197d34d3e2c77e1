#include "cplae/core/ids.hpp"

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace cplae {
namespace {

static_assert(!std::is_convertible_v<std::int64_t, FoldId>, "a number is no id");
static_assert(!std::is_convertible_v<FoldId, std::int64_t>, "an id is no number");
static_assert(!std::is_constructible_v<FoldId, Rank>, "a rank is no fold");
static_assert(!std::is_convertible_v<std::uint64_t, NetworkKey>, "a number is no key");

TEST(Id, ComparesAndHashesByValue) {
  EXPECT_EQ(FoldId(3), FoldId(3));
  EXPECT_LT(FoldId(2), FoldId(3));
  EXPECT_EQ(FoldId().value(), 0);
  EXPECT_EQ(FoldId(7).index(), 7U);
  const std::unordered_set<CellIndex> cells = {CellIndex(1), CellIndex(2), CellIndex(1)};
  EXPECT_EQ(cells.size(), 2U);
}

}  // namespace
}  // namespace cplae
