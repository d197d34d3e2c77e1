// StopSignal: a signal on one rank, or on all, reaches every rank; ends clean so that the next one starts
// clear.
#include <gtest/gtest.h>
#include <mpi.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

#include "cplae/core/error.hpp"
#include "cplae/dist/stop.hpp"
#include "world.hpp"

namespace cplae::dist {
namespace {

/// Asks until it is true; a limit far beyond any message's way, so that a lost message fails instead of
/// hanging.
bool becomes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

/// A message beside the library.
void freed(int rank) {
  MPI_Send(nullptr, 0, MPI_BYTE, rank, 7, MPI_COMM_WORLD);
}

void await_freedom() {
  MPI_Recv(nullptr, 0, MPI_BYTE, 0, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

class StopOn : public testing::TestWithParam<int> {};

TEST_P(StopOn, OneRanksSignalReachesAll) {
  const Communicator& world = test::world();
  for (int source = 0; source < world.size(); ++source) {
    StopSignal stop(world);
    EXPECT_FALSE(stop.requested());
    world.barrier();
    if (world.rank() == source) std::raise(GetParam());
    EXPECT_TRUE(becomes_true([&] { return stop.requested(); })) << "source " << source;
    EXPECT_TRUE(stop.requested());
  }
}

/// It has nothing to do but to wait for the others, and asks for no signal itself.
TEST_P(StopOn, TheSignalOfAWaitingRankReachesAll) {
  const Communicator& world = test::world();
  for (int source = 0; source < world.size(); ++source) {
    StopSignal stop(world);
    world.barrier();
    if (world.rank() == source)
      std::raise(GetParam());
    else
      EXPECT_TRUE(becomes_true([&] { return stop.requested(); })) << "source " << source;
    world.barrier();
  }
}

TEST_P(StopOn, SignalsOnAllRanksAtOnce) {
  const Communicator& world = test::world();
  for (int round = 0; round < 5; ++round) {
    StopSignal stop(world);
    world.barrier();
    std::raise(GetParam());
    EXPECT_TRUE(stop.requested());
  }
}

INSTANTIATE_TEST_SUITE_P(Dist, StopOn, testing::Values(SIGTERM, SIGINT, SIGUSR1));

TEST(StopSignal, ARanksOwnRequestReachesAll) {
  const Communicator& world = test::world();
  const int source = world.size() - 1;
  StopSignal stop(world);
  EXPECT_FALSE(stop.requested());
  world.barrier();
  if (world.rank() == source) stop.request();
  EXPECT_TRUE(becomes_true([&] { return stop.requested(); }));
}

/// It hears nothing while it stands still, here in an endless loop without MPI: what gives up frees it.
TEST(StopSignal, ARankThatNeverComesIsGivenUp) {
  const Communicator& world = test::world();
  if (world.size() == 1) GTEST_SKIP() << "needs 2 ranks";
  const bool stands_still = world.rank() == world.size() - 1;
  int calls = 0;
  {
    StopSignal stop(world);
    stop.give_up_after(std::chrono::milliseconds(200), [&] {
      ++calls;
      if (world.rank() == 0) freed(world.size() - 1);
    });
    world.barrier();
    if (world.rank() == 0) std::raise(SIGTERM);
    if (stands_still) await_freedom();
    world.barrier();
  }
  // The others may have waited for it too, or only begun to.
  if (world.rank() == 0 || stands_still) {
    EXPECT_EQ(calls, stands_still ? 0 : 1);
  }
}

TEST(StopSignal, NobodyIsGivenUpBeforeAStopIsAskedFor) {
  const Communicator& world = test::world();
  StopSignal stop(world);
  bool gave_up = false;
  stop.give_up_after(std::chrono::milliseconds(1), [&] { gave_up = true; });
  world.barrier();
  if (world.is_root()) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  world.barrier();
  EXPECT_FALSE(gave_up);
}

TEST(StopSignal, EachRankHasItsOwnTime) {
  const Communicator& world = test::world();
  StopSignal stop(world);
  stop.stop_after(std::chrono::hours(1000));
  world.barrier();
  EXPECT_FALSE(stop.requested());
  if (!world.is_root()) stop.stop_after(std::chrono::seconds(0));
  EXPECT_EQ(stop.requested(), !world.is_root());
  world.barrier();
  EXPECT_EQ(stop.requested(), !world.is_root()) << "the others are told nothing";
}

TEST(StopSignal, ASignalThatNobodyAskedForIsDrained) {
  const Communicator& world = test::world();
  {
    StopSignal stop(world);
    if (world.is_root()) std::raise(SIGTERM);
    if (world.is_root()) {
      EXPECT_TRUE(stop.requested());
    }
    // The others leave without asking: their message is still under way.
  }
  StopSignal next(world);
  world.barrier();
  EXPECT_FALSE(next.requested());
}

TEST(StopSignal, WorksOnASplitCommunicator) {
  const Communicator& world = test::world();
  const Communicator group = world.split(world.rank() % 2);
  StopSignal stop(group);
  world.barrier();
  if (world.rank() == 0) std::raise(SIGUSR1);
  const bool asked = world.rank() % 2 == 0;
  // The other group would be told at once, if at all: it asks after this one has heard.
  EXPECT_TRUE(!asked || becomes_true([&] { return stop.requested(); }));
  world.barrier();
  EXPECT_EQ(stop.requested(), asked);
}

TEST(StopSignal, EndsCleanWhileAnAgreedErrorUnwinds) {
  const Communicator& world = test::world();
  EXPECT_THROW(
      {
        StopSignal stop(world);
        if (world.is_root()) std::raise(SIGTERM);
        agree(world, [&] {
          if (becomes_true([&] { return stop.requested(); })) throw Stopped("a signal");
        });
      },
      Stopped);
  StopSignal next(world);
  EXPECT_FALSE(next.requested());
}

TEST(StopSignal, RestoresTheHandlersItFound) {
  const auto before = std::signal(SIGUSR1, SIG_IGN);
  { StopSignal stop(test::world()); }
  EXPECT_EQ(std::signal(SIGUSR1, before), SIG_IGN);
}

TEST(StopSignal, ASecondInterruptEndsTheProcess) {
  StopSignal stop(test::world());
  std::raise(SIGINT);
  EXPECT_TRUE(becomes_true([&] { return stop.requested(); }));
  struct sigaction now {};
  ASSERT_EQ(sigaction(SIGINT, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

}  // namespace
}  // namespace cplae::dist
