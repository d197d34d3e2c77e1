#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>

#include "engine/fused/memory.hpp"

/// Inlined into its caller, and so compiled for the caller's instructions.
#define CPLAE_INLINE inline __attribute__((always_inline))

namespace cplae::engine::fused {

/// Columns of a panel: one cache line of floats.
constexpr std::size_t panel = 16;
/// Rows that kernels take at a time: matrices that they read rows of are padded to it.
constexpr std::size_t row_block = 12;

[[nodiscard]] constexpr std::size_t padded(std::size_t count, std::size_t to) {
  return (count + to - 1) / to * to;
}

/// Zeroed floats at a cache line's boundary.
class Floats {
public:
  Floats() = default;
  explicit Floats(std::size_t count) : data_(allocate_floats(count)), count_(count) { clear(); }
  Floats(Floats&&) noexcept = default;
  Floats& operator=(Floats&&) noexcept = default;

  void clear() { std::fill_n(data_.get(), count_, 0.0F); }
  [[nodiscard]] float* data() { return data_.get(); }
  [[nodiscard]] const float* data() const { return data_.get(); }

private:
  std::shared_ptr<float> data_;
  std::size_t count_ = 0;
};

/// A matrix as the kernels read it: panels of 16 columns one behind the other, each [rows x 16], so that six
/// neighbouring rows of a panel are six neighbouring cache lines. Columns beyond the last are 0.
struct Tiles {
  float* data = nullptr;
  std::size_t rows = 0;  ///< allocated; the distance of two panels is rows * 16
  std::size_t columns = 0;

  [[nodiscard]] CPLAE_INLINE std::size_t panels() const { return (columns + panel - 1) / panel; }
  [[nodiscard]] CPLAE_INLINE float* at(std::size_t panel_index, std::size_t row) const {
    return data + (panel_index * rows + row) * panel;
  }
  [[nodiscard]] CPLAE_INLINE float& operator()(std::size_t row, std::size_t column) const {
    return at(column / panel, row)[column % panel];
  }
};

/// The same tiles from a row on.
[[nodiscard]] inline Tiles rows_from(const Tiles& tiles, std::size_t row) {
  return {tiles.data + row * panel, tiles.rows, tiles.columns};
}

[[nodiscard]] constexpr std::size_t tiled_floats(std::size_t rows, std::size_t columns) {
  return rows * padded(columns, panel);
}

/// Rows that a matrix of so many is given. An odd number: the same row of all panels then meets all sets of
/// the first-level cache.
[[nodiscard]] constexpr std::size_t allocated_rows(std::size_t rows) {
  return padded(rows, row_block) | 1U;
}

/// Tiles with memory of their own, [rows padded to a block x columns].
class OwnTiles {
public:
  OwnTiles() = default;
  OwnTiles(std::size_t rows, std::size_t columns)
      : memory_(tiled_floats(allocated_rows(rows), columns)),
        tiles_{memory_.data(), allocated_rows(rows), columns} {}
  [[nodiscard]] const Tiles& get() const { return tiles_; }
  operator const Tiles&() const { return tiles_; }

private:
  Floats memory_;
  Tiles tiles_;
};

}  // namespace cplae::engine::fused
