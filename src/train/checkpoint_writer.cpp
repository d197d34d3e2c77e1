#include "train/checkpoint_writer.hpp"

#include <utility>

namespace cplae::train {

CheckpointWriter::~CheckpointWriter() {
  drop();
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CheckpointWriter::add(Work work) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return bytes_ == 0 || bytes_ + work.bytes <= most_bytes_; });
  throw_failure();
  bytes_ += work.bytes;
  waiting_.push_back(std::move(work));
  if (!thread_.joinable()) thread_ = std::thread([this] { work_off(); });
  lock.unlock();
  changed_.notify_all();
}

void CheckpointWriter::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() && !is_writing_; });
  throw_failure();
}

void CheckpointWriter::drop() {
  std::unique_lock lock(mutex_);
  for (const Work& work : waiting_)
    bytes_ -= work.bytes;
  waiting_.clear();
  changed_.wait(lock, [&] { return !is_writing_; });
  failure_ = nullptr;
}

void CheckpointWriter::throw_failure() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void CheckpointWriter::work_off() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return is_over_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    is_writing_ = true;
    lock.unlock();
    std::exception_ptr failure;
    try {
      work.write();
    } catch (...) {
      failure = std::current_exception();
    }
    work.write = nullptr;  // its memory
    lock.lock();
    if (failure && !failure_) failure_ = failure;
    bytes_ -= work.bytes;
    is_writing_ = false;
    changed_.notify_all();
  }
}

}  // namespace cplae::train
