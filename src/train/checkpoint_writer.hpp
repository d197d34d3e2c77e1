#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace cplae::train {

/// Hashes and writes checkpoints on a thread of its own, one after the other, while a device steps. For one
/// thread; nothing is written anymore once the writer is gone.
class CheckpointWriter {
public:
  /// Checkpoints that wait may take so much memory together; one alone may take more.
  explicit CheckpointWriter(std::size_t most_bytes) : most_bytes_(most_bytes) {}
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  struct Work {
    std::function<void()> write;
    std::size_t bytes = 0;  ///< of memory that it holds until it is done
  };
  /// To be done next but for those before; waits for room. Throws what an earlier one threw.
  void add(Work work);
  /// Until all are written. Throws what one of them threw.
  void wait();
  /// Until the one that is being written is done; the others, and what they threw, are forgotten.
  void drop();

private:
  void work_off();
  /// Under the lock.
  void throw_failure();

  std::size_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  std::size_t bytes_ = 0;  ///< of what waits or is being written
  bool is_writing_ = false;
  bool is_over_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  ///< from the first work on
};

}  // namespace cplae::train
