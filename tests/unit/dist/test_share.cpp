#include "cplae/dist/share.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "cplae/core/error.hpp"
#include "cplae/core/random.hpp"

namespace cplae::dist {
namespace {

std::vector<double> loads(const std::vector<double>& costs, const std::vector<Rank>& owner, int ranks) {
  std::vector<double> load(static_cast<std::size_t>(ranks), 0.0);
  for (std::size_t i = 0; i < costs.size(); ++i)
    load[owner[i].index()] += costs[i];
  return load;
}

TEST(ContiguousBlock, TilesTheRowsInRankOrderWithSizesThatDifferByOneAtMost) {
  for (int ranks = 1; ranks <= 100; ++ranks) {
    for (const std::size_t rows : {0U, 1U, 2U, 7U, 42U, 99U, 100U, 101U, 1000U}) {
      std::size_t next = 0;
      std::size_t least = rows;
      std::size_t most = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const Block block = contiguous_block(rows, ranks, Rank(rank));
        ASSERT_EQ(block.begin, next) << rows << " rows, rank " << rank << " of " << ranks;
        ASSERT_LE(block.begin, block.end);
        next = block.end;
        least = std::min(least, block.end - block.begin);
        most = std::max(most, block.end - block.begin);
      }
      EXPECT_EQ(next, rows);
      EXPECT_LE(most - least, 1U);
    }
  }
}

TEST(ContiguousBlock, RefusesARankThatIsNotThere) {
  EXPECT_THROW(static_cast<void>(contiguous_block(5, 0, Rank(0))), Error);
  EXPECT_THROW(static_cast<void>(contiguous_block(5, 2, Rank(2))), Error);
  EXPECT_THROW(static_cast<void>(contiguous_block(5, 2, Rank(-1))), Error);
}

TEST(Share, EqualCostsGoRoundTheRanks) {
  for (int ranks = 1; ranks <= 100; ++ranks) {
    const std::vector<Rank> owner = share(std::vector<double>(237, 1.5), ranks);
    ASSERT_EQ(owner.size(), 237U);
    for (std::size_t i = 0; i < owner.size(); ++i)
      ASSERT_EQ(owner[i], Rank(static_cast<std::int64_t>(i) % ranks)) << i << " of " << ranks;
  }
}

TEST(Share, LongestFirstToTheLeastLoadedTiesToTheLowerRank) {
  // By hand: 7 -> 0, 5 -> 1, 4 -> 2, 3 -> 2 (7, 5, 7), 3 -> 1 (7, 8, 7), 2 -> 0 (tie of 0 and 2).
  const std::vector<Rank> owner = share({3, 5, 2, 7, 3, 4}, 3);
  EXPECT_EQ(owner, (std::vector{Rank(2), Rank(1), Rank(0), Rank(0), Rank(1), Rank(2)}));
}

TEST(Share, KeepsTheBoundOfListSchedulingForAnyCosts) {
  // Graham (1966): when the last unit of the longest rank was placed, no rank had less than it had.
  std::vector<float> draws(400);
  RandomStream(NetworkKey{5}, {.purpose = Purpose::simulation}).fill_uniform(draws);
  for (int ranks = 1; ranks <= 100; ++ranks) {
    const std::size_t n = static_cast<std::size_t>(ranks) * 4;
    std::vector<double> costs(draws.begin(), draws.begin() + static_cast<std::ptrdiff_t>(n));
    const auto load = loads(costs, share(costs, ranks), ranks);
    const double total = std::accumulate(costs.begin(), costs.end(), 0.0);
    const double longest = *std::max_element(load.begin(), load.end());
    EXPECT_NEAR(std::accumulate(load.begin(), load.end(), 0.0), total, 1e-9);
    EXPECT_LE(longest, total / ranks + *std::max_element(costs.begin(), costs.end()));
  }
}

TEST(Share, NoUnitsAndMoreRanksThanUnits) {
  EXPECT_TRUE(share({}, 4).empty());
  EXPECT_EQ(share({1, 2}, 50), (std::vector{Rank(1), Rank(0)}));
}

TEST(Share, RefusesWhatIsNoCost) {
  EXPECT_THROW(static_cast<void>(share({1}, 0)), Error);
  EXPECT_THROW(static_cast<void>(share({-1}, 1)), Error);
  EXPECT_THROW(static_cast<void>(share({std::numeric_limits<double>::quiet_NaN()}, 1)), Error);
  EXPECT_THROW(static_cast<void>(share({std::numeric_limits<double>::infinity()}, 1)), Error);
}

}  // namespace
}  // namespace cplae::dist
