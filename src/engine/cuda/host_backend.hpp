#pragma once
// The host in place of a GPU: for the tests, which run the kernels' own text without one.
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "engine/cuda/backend.hpp"
#include "engine/cuda/kernels.hpp"

namespace cplae::engine::cuda {

class HostBackend final : public Backend {
public:
  /// `backwards`: threads, and blocks, run last to first.
  explicit HostBackend(bool backwards = false) : backwards_(backwards) {}

  [[nodiscard]] void* allocate(std::size_t bytes) override {
    memory_.push_back(std::make_unique<Unit[]>(bytes / sizeof(Unit) + 1));
    std::memset(memory_.back().get(), 0xFF, bytes);
    return memory_.back().get();
  }
  void upload(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void download(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void copy(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
  void clear(void* memory, std::size_t bytes) override { std::memset(memory, 0, bytes); }

  void launch(const Launch& launch, const Blocks& blocks) override {
    with_kernel(blocks.kernel, blocks.tensor, [&](auto kernel) {
      using Here = decltype(kernel);
      auto shared = std::make_unique<typename Here::Shared>();
      const int count = blocks.places * blocks.networks;
      for (int i = 0; i < count; ++i) {
        const int at = backwards_ ? count - 1 - i : i;
        std::memset(static_cast<void*>(shared.get()), 0xFF, sizeof *shared);
        const HostBlock<Here::threads> block({at % blocks.places, at / blocks.places, backwards_});
        Here::run(block, *shared, launch);
      }
    });
  }

  /// Backwards: as late as may be.
  void fork(const std::function<void()>& launches) override {
    forked_ = launches;
    if (!backwards_) run_forked();
  }
  void join() override { run_forked(); }

  void repeat(const std::function<void()>& step, std::int64_t times) override {
    for (std::int64_t i = 0; i < times; ++i)
      step();
  }

private:
  /// As cudaMalloc aligns.
  struct alignas(256) Unit {
    unsigned char bytes[256];
  };

  void run_forked() {
    if (forked_) std::exchange(forked_, nullptr)();
  }

  bool backwards_;
  std::function<void()> forked_;
  std::vector<std::unique_ptr<Unit[]>> memory_;
};

}  // namespace cplae::engine::cuda
