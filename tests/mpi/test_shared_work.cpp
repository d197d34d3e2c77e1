// What the ranks of a run do together: the same list of missing units for all, each with one rank; a failure
// or a stop on one rank reaches every rank.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <numeric>
#include <sstream>
#include <thread>

#include "apps/leave.hpp"
#include "apps/shared_work.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/reduce/units.hpp"
#include "synthetic_run.hpp"
#include "world.hpp"

namespace cplae::apps {
namespace {

using store::UnitKind;

class SharedWork : public testing::Test {
protected:
  const dist::Communicator& world_ = test::world();
  test::SharedScratch scratch_{world_};
  store::UnitStore units_{store::RunFolder(scratch_.path())};
  dist::StopSignal stop_{world_};
  reduce::Context context_;
  RunParts run_{world_, stop_, context_, units_};

  /// By rank 0 alone, before any rank goes on.
  void as_root(const std::function<void()>& act) const {
    dist::agree(world_, [&] {
      if (world_.is_root()) act();
    });
  }
  void write(UnitKind kind, const std::string& id,
             const std::map<std::string, std::string>& text = {}) const {
    Record record;
    record.text = text;
    units_.write(kind, id, record);
  }
  /// Seven items of rising cost.
  static std::vector<WorkItem> items() {
    std::vector<WorkItem> items;
    for (int i = 0; i < 7; ++i)
      items.push_back({"evaluation,fold=" + std::to_string(i), 1.0 + i});
    return items;
  }
  /// All ranks' shares as one list, sorted; each share must be ascending.
  std::vector<std::size_t> together(const Share& share) const {
    EXPECT_TRUE(std::is_sorted(share.mine.begin(), share.mine.end()));
    std::string mine;
    for (const std::size_t item : share.mine)
      mine += std::to_string(item) + " ";
    std::vector<std::size_t> all;
    for (const auto& text : world_.gather(mine)) {
      std::istringstream numbers(text);
      for (std::size_t item = 0; numbers >> item;)
        all.push_back(item);
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  /// Works until it is told to stop; a limit far beyond any message's way, so that a lost one fails.
  void work_until_told() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < end) {
      if (stop_.requested()) throw Stopped("told to");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    throw Error("nobody told this rank to stop");
  }
};

TEST_F(SharedWork, EverythingIsMissingAtFirst) {
  as_root([&] { make_folder(units_.folder().units(UnitKind::network)); });
  const Share share = share_missing(run_, UnitKind::network, items());
  EXPECT_EQ(share.left, 7U);
  std::vector<std::size_t> all(7);
  std::iota(all.begin(), all.end(), 0U);
  EXPECT_EQ(together(share), all);
}

TEST_F(SharedWork, WholeUnitsAreLeftOutAndDamagedOnesAreNot) {
  as_root([&] {
    make_folder(units_.folder().units(UnitKind::network));
    for (const char* id : {"evaluation,fold=0", "evaluation,fold=3", "evaluation,fold=6", "of another study"})
      write(UnitKind::network, id);
    write_file_atomically(units_.folder().unit(UnitKind::network, "evaluation,fold=3"),
                          std::string_view("torn"));
  });
  const Share share = share_missing(run_, UnitKind::network, items());
  EXPECT_EQ(share.left, 5U);
  EXPECT_EQ(together(share), (std::vector<std::size_t>{1, 2, 3, 4, 5}));
}

TEST_F(SharedWork, StatisticsOfAnotherVersionOrWithoutResultAreMissing) {
  as_root([&] {
    const std::string version = reduce::statistics_version(reduce::UnitType::evaluation);
    make_folder(units_.folder().units(UnitKind::statistics));
    write(UnitKind::statistics, "evaluation,fold=0", {{"statistics_version", version + "of old"}});
    write(UnitKind::statistics, "evaluation,fold=1",
          {{"statistics_version", version}, {"failed", "singular"}});
    write(UnitKind::statistics, "evaluation,fold=2", {{"statistics_version", version}});
  });
  EXPECT_EQ(together(share_missing(run_, UnitKind::statistics, items())),
            (std::vector<std::size_t>{0, 1, 3, 4, 5, 6}));
}

TEST_F(SharedWork, NothingIsLeftWhenAllIsThere) {
  as_root([&] {
    make_folder(units_.folder().units(UnitKind::network));
    for (const auto& item : items())
      write(UnitKind::network, item.id);
  });
  const Share share = share_missing(run_, UnitKind::network, items());
  EXPECT_EQ(share.left, 0U);
  EXPECT_TRUE(share.mine.empty());
}

TEST_F(SharedWork, AFolderThatCannotBeListedIsAnErrorEverywhere) {
  as_root([&] {
    make_folder(units_.folder().work());
    write_file_atomically(units_.folder().units(UnitKind::network), std::string_view("a file in its place"));
  });
  EXPECT_THROW(static_cast<void>(share_missing(run_, UnitKind::network, items())), IoError);
}

TEST_F(SharedWork, WorkThatEndsWellThrowsNothing) {
  int calls = 0;
  EXPECT_NO_THROW(work_together(run_, [&] { ++calls; }));
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(stop_.requested());
}

TEST_F(SharedWork, ARankThatFailsStopsTheOthersAndAllThrowItsError) {
  const int last = world_.size() - 1;
  try {
    work_together(run_, [&] {
      if (world_.rank() == last) throw IoError("disk: full");
      work_until_told();
    });
    ADD_FAILURE() << "nothing was thrown";
  } catch (const IoError& error) {
    EXPECT_EQ(std::string(error.what()),
              world_.size() == 1 ? "disk: full" : "rank " + std::to_string(last) + ": disk: full");
  }
}

/// A third rank stands still, until the first one gives it up: that one has only heard of the failure.
TEST_F(SharedWork, WhoGivesUpARankKnowsWhatHadFailed) {
  if (world_.size() < 3) GTEST_SKIP() << "needs 3 ranks";
  const auto given_up = scratch_.path() / "given up";
  std::string why;
  stop_.give_up_after(std::chrono::milliseconds(200), [&] {
    why = stop_.why();
    if (world_.is_root()) write_file_atomically(given_up, std::string_view("so"));
  });
  const auto work = [&] {
    if (world_.rank() == 1) throw IoError("disk: full");
    if (world_.is_root()) work_until_told();
    while (!std::filesystem::exists(given_up))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  EXPECT_THROW(work_together(run_, work), IoError);
  if (!world_.is_root()) return;
  ASSERT_FALSE(why.empty());
  EXPECT_EQ(unpacked(why).text, "rank 1: disk: full");
  EXPECT_EQ(unpacked(why).code, ExitCode::failed);
}

TEST_F(SharedWork, OneRanksSignalStopsAll) {
  EXPECT_THROW(work_together(run_,
                             [&] {
                               if (world_.is_root()) std::raise(SIGTERM);
                               work_until_told();
                             }),
               Stopped);
}

/// A rank whose share was done before the signal must not go on to the next stage alone.
TEST_F(SharedWork, RanksThatWereDoneAreStoppedToo) {
  EXPECT_THROW(work_together(run_,
                             [&] {
                               if (world_.is_root()) throw Stopped("a signal");
                             }),
               Stopped);
}

}  // namespace
}  // namespace cplae::apps
