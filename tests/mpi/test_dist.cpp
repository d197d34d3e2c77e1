// Collective helpers, on all ranks and on split communicators, where "root" and "rank" are not those of the
// world.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "world.hpp"

namespace cplae::dist {
namespace {

/// The world, its halves (even and odd ranks), and every rank alone.
class OnCommunicators : public testing::TestWithParam<int> {
protected:
  [[nodiscard]] Communicator communicator() const {
    const Communicator& world = test::world();
    return world.split(GetParam() == 0 ? world.rank() : world.rank() % GetParam());
  }
};

TEST_P(OnCommunicators, RanksAreOrderedAsInTheWorld) {
  const Communicator group = communicator();
  const int world_ranks = test::world().size();
  const int world_rank = test::world().rank();
  const int stride = GetParam() == 0 ? world_ranks : GetParam();
  EXPECT_EQ(group.rank(), world_rank / stride);
  EXPECT_EQ(group.size(), (world_ranks - world_rank % stride + stride - 1) / stride);
  EXPECT_EQ(group.is_root(), group.rank() == 0);
}

TEST_P(OnCommunicators, BroadcastGivesTheRootsTextOfAnyLength) {
  const Communicator group = communicator();
  const std::string colour =
      std::to_string(GetParam() == 0 ? test::world().rank() : test::world().rank() % GetParam());
  EXPECT_EQ(group.broadcast(group.is_root() ? "from " + colour : "ignored and longer than it"),
            "from " + colour);
  EXPECT_EQ(group.broadcast(group.is_root() ? "" : "ignored"), "");
  std::string large(3'000'000, 'x');
  large[2'999'999] = '\0';
  EXPECT_TRUE(group.broadcast(group.is_root() ? large : "") == large);
}

TEST_P(OnCommunicators, SumAndAny) {
  const Communicator group = communicator();
  const std::int64_t n = group.size();
  const std::int64_t large = std::int64_t{1} << 40U;
  EXPECT_EQ(group.sum(large + group.rank()), n * large + n * (n - 1) / 2);
  EXPECT_FALSE(group.any(false));
  EXPECT_TRUE(group.any(group.rank() == group.size() - 1));
  EXPECT_TRUE(group.any(true));
}

TEST_P(OnCommunicators, GatherGivesEveryTextInOrder) {
  const Communicator group = communicator();
  const auto text = [](int rank) { return std::string(static_cast<std::size_t>(rank), 'g'); };
  const std::vector<std::string> all = group.gather(text(group.rank()));
  ASSERT_EQ(static_cast<int>(all.size()), group.size());
  for (int rank = 0; rank < group.size(); ++rank)
    EXPECT_EQ(all[static_cast<std::size_t>(rank)], text(rank));
}

TEST_P(OnCommunicators, BarrierIsPassedByAll) {
  const Communicator group = communicator();
  for (int i = 0; i < 10; ++i)
    group.barrier();
  SUCCEED();
}

TEST_P(OnCommunicators, LocalRankCountsTheRanksOfThisHost) {
  const Communicator group = communicator();
  const auto [rank, ranks] = group.local_rank();
  // The tests run on one host.
  EXPECT_EQ(rank, group.rank());
  EXPECT_EQ(ranks, group.size());
}

INSTANTIATE_TEST_SUITE_P(Dist, OnCommunicators, testing::Values(1, 2, 0));

TEST(Session, TellsOpenMpiToLockItsFiles) {
  const char* algorithm = std::getenv("OMPI_MCA_fs_ufs_lock_algorithm");
  ASSERT_NE(algorithm, nullptr);
  EXPECT_STREQ(algorithm, "3");
}

}  // namespace
}  // namespace cplae::dist
