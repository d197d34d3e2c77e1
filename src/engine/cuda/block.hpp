#pragma once
// One text of a kernel for the device and for the host. A kernel is a row of phases, `block.each([&](int
// thread) {...})`; all threads of a block finish a phase before one begins the next. On the host a phase is a
// loop over the threads, so what a thread keeps from phase to phase stands in a PerThread.
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/device_code.hpp"

namespace cplae::engine::cuda {

#ifdef __CUDACC__

/// A block of `Threads` threads on the device.
template <int Threads>
class DeviceBlock {
public:
  template <class T>
  class PerThread {
  public:
    CPLAE_DEVICE T& operator[](int) { return value_; }

  private:
    T value_;
  };

  CPLAE_DEVICE int place() const { return static_cast<int>(blockIdx.x); }
  CPLAE_DEVICE int network() const { return static_cast<int>(blockIdx.y); }

  template <class Phase>
  CPLAE_DEVICE void each(Phase phase) const {
    phase(static_cast<int>(threadIdx.x));
    __syncthreads();
  }
};

#else

/// Its like on the host. Threads of a phase may run in either order: a kernel whose result depends on it has
/// a race.
template <int Threads>
class HostBlock {
public:
  template <class T>
  class PerThread {
  public:
    T& operator[](int thread) { return values_[static_cast<std::size_t>(thread)]; }

  private:
    std::array<T, static_cast<std::size_t>(Threads)> values_;
  };

  struct At {
    int place = 0;
    int network = 0;
    bool backwards = false;
  };
  explicit HostBlock(const At& at) : at_(at) {}

  [[nodiscard]] int place() const { return at_.place; }
  [[nodiscard]] int network() const { return at_.network; }

  template <class Phase>
  void each(Phase phase) const {
    for (int i = 0; i < Threads; ++i)
      phase(at_.backwards ? Threads - 1 - i : i);
  }

private:
  At at_;
};

#endif

}  // namespace cplae::engine::cuda
