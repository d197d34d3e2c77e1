// Work of the thread that writes checkpoints: in order, whole, and its failures told to whoever asks next.
#include "train/checkpoint_writer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "cplae/core/error.hpp"

namespace cplae::train {
namespace {

/// Holds the writer up until it is let go.
class Gate {
public:
  [[nodiscard]] CheckpointWriter::Work work(std::size_t bytes) {
    return {[this] {
              begun_.set_value();
              open_.get_future().wait();
            },
            bytes};
  }
  void await() { begun_.get_future().wait(); }
  void open() { open_.set_value(); }

private:
  std::promise<void> begun_;
  std::promise<void> open_;
};

TEST(CheckpointWriter, WritesInOrderOnAThreadOfItsOwn) {
  std::vector<int> written;
  std::vector<std::thread::id> threads;
  CheckpointWriter writer(1000);
  for (int i = 0; i < 20; ++i)
    writer.add({[&, i] {
                  written.push_back(i);
                  threads.push_back(std::this_thread::get_id());
                },
                1});
  writer.wait();
  ASSERT_EQ(written.size(), 20U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(written[static_cast<std::size_t>(i)], i);
    EXPECT_NE(threads[static_cast<std::size_t>(i)], std::this_thread::get_id());
  }
}

TEST(CheckpointWriter, TellsOfAFailureOnceAndGoesOn) {
  CheckpointWriter writer(1000);
  writer.add({[] { throw IoError("disk full"); }, 1});
  EXPECT_THROW(writer.wait(), IoError);
  bool written = false;
  writer.add({[&] { written = true; }, 1});
  writer.wait();
  EXPECT_TRUE(written);
}

/// Work that waits behind a gate, which opens when that work has been forgotten.
class Forgotten {
public:
  void put_into(CheckpointWriter& writer) {
    writer.add(gate_.work(1));
    auto token = std::make_shared<int>(0);
    opener_ = std::thread([this, gone = std::weak_ptr<int>(token)] {
      while (!gone.expired())
        std::this_thread::yield();
      gate_.open();
    });
    writer.add({[this, held = std::move(token)] { was_done_ = true; }, 1});
    gate_.await();
  }
  [[nodiscard]] bool was_done() {
    opener_.join();
    return was_done_;
  }

private:
  Gate gate_;
  std::thread opener_;
  bool was_done_ = false;
};

TEST(CheckpointWriter, DropsWhatHasNotBegunAndWaitsForWhatHas) {
  Forgotten work;
  CheckpointWriter writer(1000);
  work.put_into(writer);
  writer.drop();
  EXPECT_FALSE(work.was_done());
  writer.wait();
}

TEST(CheckpointWriter, WaitsForRoomButTakesOneOfAnySize) {
  Gate gate;
  CheckpointWriter writer(10);
  writer.add(gate.work(100));
  gate.await();
  std::atomic<bool> added = false;
  std::thread adder([&] {
    writer.add({[] {}, 1});
    added = true;
  });
  EXPECT_FALSE(added);
  gate.open();
  adder.join();
  writer.wait();
  EXPECT_TRUE(added);
}

TEST(CheckpointWriter, MayBeLeftAtAnyTime) {
  {
    CheckpointWriter writer(1000);
    writer.add({[] { throw IoError("told to nobody"); }, 1});
  }
  Forgotten work;
  {
    CheckpointWriter writer(1000);
    work.put_into(writer);
  }
  EXPECT_FALSE(work.was_done());
}

}  // namespace
}  // namespace cplae::train
