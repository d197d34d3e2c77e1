#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

#include "engine/cuda/group.hpp"

namespace cplae::engine::cuda {

/// A launch's kernel and its blocks: `places` for each of `networks`.
struct Blocks {
  Kernel kernel = Kernel::draw;
  int places = 0;
  int networks = 0;
  bool tensor = false;  ///< TF32 on tensor cores, where a product is large enough
};

/// Memory and launches of one device, in order: the GPU, or the host in the tests. Not for two threads.
class Backend {
public:
  Backend() = default;
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  /// Memory for as long as the backend lives, every bit 1: a number that is read before it is written is no
  /// number. Throws OutOfDeviceMemory.
  [[nodiscard]] virtual void* allocate(std::size_t bytes) = 0;
  virtual void upload(void* to, const void* from, std::size_t bytes) = 0;
  /// Waits for all that was asked for before.
  virtual void download(void* to, const void* from, std::size_t bytes) = 0;
  /// Within the memory; does not wait.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;
  /// Every bit 0; does not wait.
  virtual void clear(void* memory, std::size_t bytes) = 0;
  virtual void launch(const Launch& launch, const Blocks& blocks) = 0;
  /// Begins these launches after all before, beside all that come until `join`, which waits for them. Once at
  /// a time.
  virtual void fork(const std::function<void()>& launches) = 0;
  virtual void join() = 0;
  /// Runs the launches of `step` so many times. They are the same at every call, so they may be recorded at
  /// the first. Returns before they are done, but not before those of the call before.
  virtual void repeat(const std::function<void()>& step, std::int64_t times) = 0;
};

}  // namespace cplae::engine::cuda
