// StopSignal: a signal on one rank, or on all, reaches every rank; ends clean so that the next one starts
// clear.
#include <gtest/gtest.h>
#include <mpi.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <limits>
#include <string>
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

/// As where one rank writes the results, which takes long and looks for no stop.
TEST(StopSignal, NobodyIsGivenUpWhereNoneIsHurried) {
  const Communicator& world = test::world();
  StopSignal stop(world);
  bool gave_up = false;
  stop.give_up_after(std::chrono::milliseconds(1), [&] { gave_up = true; });
  {
    const StopSignal::Unhurried outer(stop);
    { const StopSignal::Unhurried inner(stop); }
    stop.request();
    if (world.is_root()) std::this_thread::sleep_for(std::chrono::milliseconds(300));
    world.barrier();
  }
  EXPECT_FALSE(gave_up);
  if (world.is_root()) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  world.barrier();
  EXPECT_TRUE(gave_up || world.is_root());  // which may have waited for a moment too
}

/// Clocks count nanoseconds in 64 bits, which 292 years fill.
TEST(StopSignal, TimesBeyondAllClocksNeverCome) {
  const Communicator& world = test::world();
  StopSignal stop(world);
  for (const double seconds : {1e10, 253402300800.0, 1e300, std::numeric_limits<double>::infinity()}) {
    stop.stop_after(std::chrono::duration<double>(seconds));
    EXPECT_FALSE(stop.requested()) << seconds;
  }
  world.barrier();
  bool gave_up = false;
  stop.give_up_after(std::chrono::duration<double>(std::numeric_limits<double>::infinity()),
                     [&] { gave_up = true; });
  stop.request();
  if (world.is_root()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  world.barrier();
  EXPECT_FALSE(gave_up);
}

/// Its clock may be ahead of the others', which would be given up while they work on.
TEST(StopSignal, ARankWhoseTimeIsUpTellsTheOthers) {
  const Communicator& world = test::world();
  StopSignal stop(world);
  stop.stop_after(std::chrono::hours(1000));
  world.barrier();
  EXPECT_FALSE(stop.requested());
  world.barrier();
  if (world.rank() == world.size() - 1) stop.stop_after(std::chrono::seconds(0));
  EXPECT_TRUE(becomes_true([&] { return stop.requested(); }));
}

TEST(StopSignal, AllRanksKnowWhyOneOfThemAsked) {
  const Communicator& world = test::world();
  const int source = world.size() - 1;
  const std::string reason = "disk: full" + std::string(2000, '.');
  {
    StopSignal stop(world);
    EXPECT_EQ(stop.why(), "");
    world.barrier();
    if (world.rank() == source) stop.request(reason);
    EXPECT_TRUE(becomes_true([&] { return stop.requested(); }));
    EXPECT_EQ(stop.why(), reason.substr(0, 1000));
  }
  StopSignal next(world);
  EXPECT_EQ(next.why(), "");
}

/// As when the disk is full while a rank saves what it was told to save.
TEST(StopSignal, AReasonFollowsASignal) {
  const Communicator& world = test::world();
  const int source = world.size() - 1;
  StopSignal stop(world);
  if (world.rank() == source) std::raise(SIGTERM);
  EXPECT_TRUE(becomes_true([&] { return stop.requested(); }));
  EXPECT_EQ(stop.why(), "");
  world.barrier();
  if (world.rank() == source) stop.request("disk: full");
  EXPECT_TRUE(becomes_true([&] { return stop.requested() && stop.why() == "disk: full"; }));
}

TEST(StopSignal, ReasonsOfAllRanksAreDrained) {
  const Communicator& world = test::world();
  for (int round = 0; round < 5; ++round) {
    StopSignal stop(world);
    const std::string mine = "rank " + std::to_string(world.rank());
    std::raise(SIGUSR1);
    EXPECT_TRUE(stop.requested());
    stop.request(mine);
    EXPECT_EQ(stop.why().substr(0, 5), "rank ");
  }
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
