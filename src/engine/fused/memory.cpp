#include "engine/fused/memory.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "engine/fused/tiles.hpp"

namespace cplae::engine::fused {

namespace {

constexpr std::size_t large_page = std::size_t{2} << 20U;
constexpr std::size_t cache_line = 64;

class Chunk {
public:
  explicit Chunk(std::size_t bytes)
      : bytes_(padded(bytes, large_page)), data_(std::aligned_alloc(large_page, bytes_)) {
    if (data_ == nullptr) throw std::bad_alloc();
    static_cast<void>(madvise(data_, bytes_, MADV_HUGEPAGE));
  }
  ~Chunk() { std::free(data_); }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  /// None where it does not fit.
  [[nodiscard]] float* take(std::size_t bytes) {
    if (bytes > bytes_ - used_) return nullptr;
    auto* piece = static_cast<unsigned char*>(data_) + used_;
    used_ += padded(bytes, cache_line);
    return reinterpret_cast<float*>(piece);
  }

private:
  std::size_t bytes_;
  void* data_;
  std::size_t used_ = 0;
};

}  // namespace

#if defined(__SANITIZE_ADDRESS__)
// Each piece by itself, so that what is read or written beyond one is seen.
std::shared_ptr<float> allocate_floats(std::size_t count) {
  const std::size_t bytes = padded(count * sizeof(float), cache_line) + cache_line;
  void* piece = std::aligned_alloc(cache_line, bytes);
  if (piece == nullptr) throw std::bad_alloc();
  return {static_cast<float*>(piece), std::free};
}
#else
std::shared_ptr<float> allocate_floats(std::size_t count) {
  thread_local std::weak_ptr<Chunk> latest;
  const std::size_t bytes = padded(count * sizeof(float) + 1, cache_line);
  std::shared_ptr<Chunk> chunk = latest.lock();
  float* piece = chunk ? chunk->take(bytes) : nullptr;
  if (piece == nullptr) {
    chunk = std::make_shared<Chunk>(bytes);
    latest = chunk;
    piece = chunk->take(bytes);
  }
  return {chunk, piece};
}
#endif

}  // namespace cplae::engine::fused
