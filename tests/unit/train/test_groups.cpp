// Networks that are trained together, on the kernels of groups run on the host: each becomes what it becomes
// alone, whatever happens to its companions.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <thread>

#include "cplae/core/error.hpp"
#include "cplae/train/groups.hpp"
#include "cplae/train/trainer.hpp"
#include "engine/cuda/group_engine.hpp"
#include "engine/cuda/host_backend.hpp"
#include "group_fixture.hpp"

namespace cplae {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<engine::Engine> make_host_engine(const std::vector<engine::Subject>& subjects) {
  return engine::cuda::make_group_engine(subjects, std::make_unique<engine::cuda::HostBackend>());
}

using Results = std::map<std::size_t, train::Result>;

/// Four networks that fit together: of different keys, folds and learning rates. That of network 1 makes it
/// diverge.
class TrainGroups : public testing::Test {
protected:
  static constexpr std::size_t count = 4;

  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("cplae_groups_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    for (std::size_t n = 0; n < count; ++n) {
      study::NetworkSpec spec = test::make_spec(2);
      spec.training.batch = 30;
      spec.training.steps = 40;
      spec.training.validate_every = 10;
      spec.training.keep_best_after = 20;
      spec.training.learning_rate = n == 1 ? 1e30 : 1e-3 * static_cast<double>(n + 1);
      specs_.push_back(spec);
      splits_.push_back(test::make_split(shape_.cells, count, n));
    }
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] fs::path checkpoint(std::size_t n) const { return folder_ / (std::to_string(n) + ".ckpt"); }

  [[nodiscard]] std::vector<train::Task> tasks(const std::vector<std::size_t>& members,
                                               bool with_checkpoints = true) const {
    std::vector<train::Task> made;
    for (const std::size_t n : members) {
      const std::string id = "network " + std::to_string(n);
      made.push_back(
          {specs_[n], data_, splits_[n], make_key(7, id), id, with_checkpoints ? checkpoint(n) : fs::path()});
    }
    return made;
  }

  /// By number of the network. `stop_after`: how often training may ask whether to stop.
  Results together(const std::vector<std::size_t>& members, int stop_after = 1 << 20) {
    Results results;
    int asked = 0;
    train::Hooks hooks;
    hooks.stop = [&] { return asked++ == stop_after; };
    hooks.finished = [&](std::size_t task, train::Result result) {
      EXPECT_TRUE(results.emplace(members.at(task), std::move(result)).second) << "finished twice";
    };
    train::train_together(make_host_engine, tasks(members), hooks);
    return results;
  }

  [[nodiscard]] train::Result alone(std::size_t n) const {
    train::Result found;
    const auto keep = [&](std::size_t, train::Result result) { found = std::move(result); };
    train::train_together(make_host_engine, tasks({n}, false),
                          {.stop = {}, .progress = {}, .finished = keep});
    return found;
  }

  test::Shape shape_{.cells = 60, .partial = true};
  study::StudyData data_ = test::make_data(shape_);
  std::deque<study::NetworkSpec> specs_;
  std::deque<data::Split> splits_;
  fs::path folder_;
};

/// Bits; rows of a network that has failed hold NaN, which equals nothing.
bool same(const MatrixF& a, const MatrixF& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         (a.array() == b.array() || (a.array().isNaN() && b.array().isNaN())).all();
}

void expect_same(const train::Result& a, const train::Result& b, std::size_t network) {
  EXPECT_EQ(a.finite, b.finite) << network;
  EXPECT_EQ(a.failed_step, b.failed_step) << network;
  EXPECT_EQ(a.steps, b.steps) << network;
  EXPECT_EQ(a.best_step, b.best_step) << network;
  EXPECT_EQ(a.weights.parameters, b.weights.parameters) << network;
  EXPECT_EQ(a.weights.moving, b.weights.moving) << network;
  EXPECT_TRUE(same(a.losses, b.losses)) << network;
  ASSERT_EQ(a.latents.size(), b.latents.size()) << network;
  for (std::size_t m = 0; m < a.latents.size(); ++m)
    EXPECT_TRUE(same(a.latents[m], b.latents[m])) << network;
}

TEST_F(TrainGroups, OneThatDivergesIsFrozenWhileTheOthersGoOn) {
  const Results results = together({0, 1, 2, 3});
  ASSERT_EQ(results.size(), count);
  for (const auto& [n, result] : results) {
    expect_same(result, alone(n), n);
    EXPECT_EQ(result.finite, n != 1);
    EXPECT_EQ(result.steps, n == 1 ? result.failed_step : 40);
  }
  EXPECT_LT(results.at(1).failed_step, 40);
}

TEST_F(TrainGroups, StoppedTogetherTheyAllLeaveCheckpointsAndGoOnInOtherGroups) {
  EXPECT_THROW(static_cast<void>(together({0, 2, 3}, 2)), Stopped);
  for (const std::size_t n : std::vector<std::size_t>{0, 2, 3})
    EXPECT_TRUE(fs::exists(checkpoint(n))) << n;
  Results results = together({3, 0});
  results.merge(together({2, 1}));
  ASSERT_EQ(results.size(), count);
  for (const auto& [n, result] : results)
    expect_same(result, alone(n), n);
}

/// The best weights of a network that grows worse are on the device when it is stopped.
TEST_F(TrainGroups, StoppedAfterItsBestItStillHasThem) {
  train::Result whole;
  for (double rate = 0.01; rate < 100; rate *= 2) {
    specs_[0].training.learning_rate = rate;
    specs_[0].training.keep_best_after = 10;
    whole = alone(0);
    if (whole.finite && whole.best_step < 30) break;
  }
  ASSERT_LT(whole.best_step, 30);
  EXPECT_THROW(static_cast<void>(together({0}, 3)), Stopped);
  expect_same(together({0}).at(0), whole, 0);
}

TEST_F(TrainGroups, CheckpointsAreWrittenBeforeANetworkFinishesAndNotAfter) {
  for (auto& spec : specs_)
    spec.training.checkpoint_seconds = 0;
  train::Hooks hooks;
  std::vector<bool> had_one(count);
  hooks.finished = [&](std::size_t task, const train::Result&) {
    had_one[task] = fs::remove(checkpoint(task));
  };
  train::train_together(make_host_engine, tasks({0, 1, 2, 3}), hooks);
  // Network 1 fails at its first validation.
  EXPECT_EQ(had_one, (std::vector<bool>{true, false, true, true}));
  for (std::size_t n = 0; n < count; ++n)
    EXPECT_FALSE(fs::exists(checkpoint(n))) << n;
}

TEST_F(TrainGroups, ACheckpointThatCannotBeWrittenEndsTheTraining) {
  for (auto& spec : specs_)
    spec.training.checkpoint_seconds = 0;
  auto made = tasks({0, 2});
  made[1].checkpoint = folder_ / "no such folder" / "2.ckpt";
  EXPECT_THROW(train::train_together(make_host_engine, made, {}), IoError);
}

TEST_F(TrainGroups, AFailedOneLeavesNoCheckpointWhenTheGroupIsStopped) {
  // After two validations; the first has frozen it.
  ASSERT_THROW(static_cast<void>(together({0, 1}, 2)), Stopped);
  EXPECT_TRUE(fs::exists(checkpoint(0)));
  EXPECT_FALSE(fs::exists(checkpoint(1)));
  const Results results = together({0, 1});
  for (const auto& [n, result] : results)
    expect_same(result, alone(n), n);
}

TEST_F(TrainGroups, ThoseThatAreBehindCatchUpAndThenGoOnTogether) {
  EXPECT_THROW(static_cast<void>(together({2}, 1)), Stopped);
  EXPECT_THROW(static_cast<void>(together({3}, 3)), Stopped);
  std::vector<std::size_t> sizes;
  std::map<std::size_t, std::vector<std::int64_t>> steps;
  Results results;
  train::Hooks hooks;
  hooks.progress = [&](const train::Progress& at) { steps[at.task].push_back(at.step); };
  hooks.finished = [&](std::size_t task, train::Result result) { results[task] = std::move(result); };
  const auto make = [&](const std::vector<engine::Subject>& subjects) {
    sizes.push_back(subjects.size());
    return make_host_engine(subjects);
  };
  const std::vector<std::size_t> members{3, 1, 0, 2};
  train::train_together(make, tasks(members), hooks);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 2, 3}));
  for (std::size_t task = 0; task < members.size(); ++task)
    expect_same(results.at(task), alone(members[task]), members[task]);
  // Progress names the task, not its place in the group.
  EXPECT_EQ(steps, (std::map<std::size_t, std::vector<std::int64_t>>{
                       {0, {40}}, {2, {10, 20, 30, 40}}, {3, {20, 30, 40}}}));
}

TEST_F(TrainGroups, StagesShorterThanTheTimeOfACheckpointAddUpToOne) {
  EXPECT_THROW(static_cast<void>(together({2}, 1)), Stopped);
  EXPECT_THROW(static_cast<void>(together({3}, 3)), Stopped);
  for (auto& spec : specs_)
    spec.training.checkpoint_seconds = 0.5;
  // Steps 0 to 10 take 0.2 s at least, 10 to 30 another 0.4 s.
  bool is_there = false;
  train::Hooks hooks;
  hooks.progress = [&](const train::Progress& at) {
    if (at.task != 0) return;
    if (at.step == 40) is_there = fs::exists(checkpoint(0));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  };
  train::train_together(make_host_engine, tasks({0, 2, 3}), hooks);
  EXPECT_TRUE(is_there);
}

/// A device with memory for so many networks, told of by nobody beforehand.
class SmallDevice {
public:
  explicit SmallDevice(std::size_t room) : room_(room) {}

  [[nodiscard]] train::Grouping grouping(std::size_t most) {
    return {.fit = [](std::size_t a, std::size_t b) { return a % 10 == b % 10; },
            .most = [most](std::size_t) { return most; },
            .train = [this](const auto& group, auto& left) { train(group, left); }};
  }

  std::vector<std::size_t> sizes;  ///< of the groups that were tried
  std::vector<std::size_t> done;

private:
  void train(const std::vector<std::size_t>& group, std::vector<std::size_t>& left) {
    sizes.push_back(group.size());
    if (group.size() > room_) throw OutOfDeviceMemory("no memory for the group");
    for (const std::size_t network : group) {
      done.push_back(network);
      std::erase(left, network);
    }
  }

  std::size_t room_;
};

TEST(TrainInGroups, WithoutMemoryForAGroupItIsHalvedOnceForAll) {
  SmallDevice device(3);
  train::train_in_groups({10, 20, 30, 40, 50, 60, 70, 80}, device.grouping(100));
  EXPECT_EQ(device.sizes, (std::vector<std::size_t>{8, 4, 2, 2, 2, 2}));
  std::sort(device.done.begin(), device.done.end());
  EXPECT_EQ(device.done, (std::vector<std::size_t>{10, 20, 30, 40, 50, 60, 70, 80}));
}

TEST(TrainInGroups, OneNetworkWithoutMemoryIsAnError) {
  SmallDevice device(0);
  EXPECT_THROW(train::train_in_groups({10, 20}, device.grouping(100)), OutOfDeviceMemory);
  EXPECT_EQ(device.sizes, (std::vector<std::size_t>{2, 1}));
}

TEST(TrainInGroups, AreOfNearlyEqualSizeAndOfNetworksThatFit) {
  SmallDevice device(100);
  train::train_in_groups({10, 20, 11, 30, 40, 50}, device.grouping(3));
  EXPECT_EQ(device.sizes, (std::vector<std::size_t>{3, 1, 2}));
  EXPECT_EQ(device.done, (std::vector<std::size_t>{10, 20, 30, 11, 40, 50}));
}

}  // namespace
}  // namespace cplae
