#pragma once
// One tile of a matrix product: 64 x 64 numbers by 128 threads, summed over the depth in order, sixteen at a
// time, through two buffers of shared memory. The shape is the same for every product and any number of
// networks: so are the bits.
#include <cstring>

#include "engine/cuda/block.hpp"

namespace cplae::engine::cuda {

constexpr int tile_side = 64;
constexpr int tile_depth = 16;
constexpr int tile_threads = 128;
constexpr int quads = tile_side / 4;
/// Numbers of sixteen steps of an operand that a thread brings, and numbers of the tile that it holds.
constexpr int brought = tile_side * tile_depth / tile_threads;
constexpr int held = tile_side * tile_side / tile_threads;

/// Sixteen bytes that move as one.
struct alignas(16) Four {
  float v[4];
};

/// Sixteen steps of the depth of an operand: [depth][side], rows set apart by four numbers for the banks'
/// sake.
using Stage = Four[tile_depth][quads + 1];

struct TileShared {
  union {
    struct {
      Stage a[2];
      Stage b[2];
    } stage;
    Stage stages[tile_side / tile_depth];
    Four result[tile_side][quads + 1];
  };
  float row_factor[tile_side];
  int row_cell[tile_side];

  CPLAE_DEVICE float& at(int row, int column) { return result[row][column / 4].v[column % 4]; }
};

struct Sums {
  float v[held];

  CPLAE_DEVICE void clear() {
    CPLAE_UNROLL
    for (int n = 0; n < held; ++n)
      v[n] = 0;
  }
};

/// An operand of a product: number (i, k), for i of the tile's side and k of the depth, lies at base[i row +
/// k column]; it is 0 beyond `side` and `depth`, but for a row of ones at i = side if it is `WithOnes`. One
/// of row and column is 1: `Along` says that it is the column, so that neighbours along the depth are
/// neighbours in memory.
template <bool Along, bool WithOnes = false>
struct Operand {
  static constexpr bool along_depth = Along;
  static constexpr bool with_ones = WithOnes;
  const float* base;
  int stride;  ///< of the index that does not run along memory
  int side, depth;
};

/// Sets out a number on its way from memory into shared memory, past the registers; 0 where it is not
/// `inside` (the address is then not looked at). The thread may look at it after `await_numbers`, others
/// after the barrier behind that.
CPLAE_DEVICE void send_number(float* to, const float* from, bool inside) {
#ifdef __CUDACC__
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(
                   static_cast<std::uint32_t>(__cvta_generic_to_shared(to))),
               "l"(from), "r"(inside ? 4 : 0)
               : "memory");
#else
  *to = inside ? *from : 0.0F;
#endif
}

CPLAE_DEVICE void await_numbers() {
#ifdef __CUDACC__
  asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

/// What one thread brings of an operand: of each sixteen steps of the depth, numbers of one step and every
/// eighth of the side (along the depth), or of one of the side and every second step.
template <class Source>
class Feed {
public:
  CPLAE_DEVICE void begin(const Source& source, int thread) {
    const int i = along ? thread / tile_depth : thread % tile_side;
    const int k = along ? thread % tile_depth : thread / tile_side;
    from_ = source.base + std::int64_t{along ? i : k} * source.stride + (along ? k : i);
    stride_ = source.stride;
    side_ = source.side - i;
    depth_ = source.depth - k;
  }

  /// Sends the next sixteen steps on their way.
  CPLAE_DEVICE void send(Stage& stage, int thread) {
    const int i = along ? thread / tile_depth : thread % tile_side;
    const int k = along ? thread % tile_depth : thread / tile_side;
    const float* from = from_;
    CPLAE_UNROLL
    for (int j = 0; j < brought; ++j) {
      const int row = k + (along ? 0 : apart * j);
      const int column = i + (along ? apart * j : 0);
      float* const to = &stage[row][column / 4].v[column % 4];
      const bool within = along ? depth_ > 0 : apart * j < depth_;
      if (Source::with_ones && side_ == 0)
        *to = within ? 1.0F : 0.0F;  // and no copy, which would race with it
      else
        send_number(to, from, within && (along ? apart * j : 0) < side_);
      from += apart * stride_;
    }
    from_ += along ? std::int64_t{tile_depth} : std::int64_t{tile_depth} * stride_;
    depth_ -= tile_depth;
  }

private:
  static constexpr bool along = Source::along_depth;
  static_assert(!along || !Source::with_ones, "the row of ones is one thread's own");
  static constexpr int apart = along ? tile_threads / tile_depth : tile_threads / tile_side;

  const float* from_;
  int stride_;
  int side_, depth_;  ///< from the thread's first number on
};

/// Rounded once on the device, in every kernel; the host may round twice.
CPLAE_DEVICE float multiply_add(float a, float b, float c) {
#ifdef __CUDACC__
  return __fmaf_rn(a, b, c);
#else
  return a * b + c;
#endif
}

/// A warp holds 32 x 32 numbers of the tile.
struct WarpPlace {
  int row, column, lane;
  explicit CPLAE_DEVICE WarpPlace(int thread)
      : row(thread / 64 * 32), column(thread / 32 % 2 * 32), lane(thread % 32) {}
};

/// Multiply-adds of the FP32 units: a thread holds 8 x 4 numbers.
struct Plain {
  CPLAE_DEVICE static void add(const Stage& a, const Stage& b, Sums& sums, int thread) {
    CPLAE_UNROLL
    for (int k = 0; k < tile_depth; ++k)
      add_one(a[k], b[k], sums, thread);
  }

  /// The last `count` of a product.
  CPLAE_DEVICE static void add_last(const Stage& a, const Stage& b, Sums& sums, int thread, int count) {
    for (int k = 0; k < count; ++k)
      add_one(a[k], b[k], sums, thread);
  }

  CPLAE_DEVICE static void spread(TileShared& shared, const Sums& sums, int thread) {
    const WarpPlace place(thread);
    const int row = place.row + place.lane / 8 * 4;
    const int column = place.column / 4 + place.lane % 8;
    CPLAE_UNROLL
    for (int i = 0; i < 8; ++i)
      shared.result[row + i / 4 * 16 + i % 4][column] = {
          {sums.v[4 * i], sums.v[4 * i + 1], sums.v[4 * i + 2], sums.v[4 * i + 3]}};
  }

private:
  using Row = Four[quads + 1];

  CPLAE_DEVICE static void add_one(const Row& a, const Row& b, Sums& sums, int thread) {
    const WarpPlace place(thread);
    const int row = place.row / 4 + place.lane / 8;
    const Four low = a[row];
    const Four high = a[row + 4];
    const Four right = b[place.column / 4 + place.lane % 8];
    CPLAE_UNROLL
    for (int n = 0; n < 16; ++n) {
      sums.v[n] = multiply_add(low.v[n / 4], right.v[n % 4], sums.v[n]);
      sums.v[16 + n] = multiply_add(high.v[n / 4], right.v[n % 4], sums.v[16 + n]);
    }
  }
};

/// TF32: operands rounded to 10 bits of mantissa (ties away from zero), sums in FP32. A warp's 32 x 32
/// numbers are 2 x 4 tiles of mma.m16n8k8; number 16 r + 4 c + i of a thread is the i-th of its tile (r, c).
struct Tensor {
  CPLAE_DEVICE static std::uint32_t rounded(float value) {
#ifdef __CUDACC__
    std::uint32_t bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
    return bits;
#else
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return (bits & 0x7F800000U) == 0x7F800000U ? bits : (bits + 0x1000U) & 0xFFFFE000U;
#endif
  }

  CPLAE_DEVICE static void add(const Stage& a, const Stage& b, Sums& sums, int thread) {
    add_eight(a, b, sums, thread, 0);
    add_eight(a, b, sums, thread, 8);
  }

  CPLAE_DEVICE static void add_last(const Stage& a, const Stage& b, Sums& sums, int thread, int count) {
    add_eight(a, b, sums, thread, 0);
    if (count > 8) add_eight(a, b, sums, thread, 8);
  }

  CPLAE_DEVICE static void spread(TileShared& shared, const Sums& sums, int thread) {
    const WarpPlace place(thread);
    CPLAE_UNROLL
    for (int n = 0; n < held; ++n) {
      const int row = place.row + n / 16 * 16 + n % 4 / 2 * 8 + place.lane / 4;
      const int column = place.column + n / 4 % 4 * 8 + place.lane % 4 * 2 + n % 2;
      shared.at(row, column) = sums.v[n];
    }
  }

private:
  struct Place {
    int row, column, k, lane;
  };

  CPLAE_DEVICE static void add_eight(const Stage& a, const Stage& b, Sums& sums, int thread, int k) {
    const WarpPlace place(thread);
    CPLAE_UNROLL
    for (int n = 0; n < 8; ++n)
      multiply(a, b, {place.row + n / 4 * 16, place.column + n % 4 * 8, k, place.lane}, sums.v + n * 4);
  }

  CPLAE_DEVICE static std::uint32_t word(const Stage& stage, int i, int k) {
    return rounded(stage[k][i / 4].v[i % 4]);
  }

#ifdef __CUDACC__
  CPLAE_DEVICE static void multiply(const Stage& a, const Stage& b, const Place& at, float* c) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
#error "the kernels need compute capability 8.0 or newer: see CMAKE_CUDA_ARCHITECTURES"
#endif
    const int row = at.row + at.lane / 4;
    const int column = at.column + at.lane / 4;
    const int k = at.k + at.lane % 4;
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(word(a, row, k)), "r"(word(a, row + 8, k)), "r"(word(a, row, k + 4)),
          "r"(word(a, row + 8, k + 4)), "r"(word(b, column, k)), "r"(word(b, column, k + 4)));
  }
#else
  static float number(const Stage& stage, int i, int k) {
    const std::uint32_t bits = word(stage, i, k);
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  static void multiply(const Stage& a, const Stage& b, const Place& at, float* c) {
    for (int i = 0; i < 4; ++i)
      for (int k = at.k; k < at.k + 8; ++k)
        c[i] += number(a, at.row + i / 2 * 8 + at.lane / 4, k) *
                number(b, at.column + at.lane % 4 * 2 + i % 2, k);
  }
#endif
};

/// Leaves the tile sum over k < depth of a(i, k) b(j, k) in shared.result.
template <class Unit, class Block, class A, class B>
CPLAE_DEVICE void multiply(const Block& block, TileShared& shared, const A& a, const B& b, int depth) {
  typename Block::template PerThread<Sums> sums;
  typename Block::template PerThread<Feed<A>> feed_a;
  typename Block::template PerThread<Feed<B>> feed_b;
  block.each([&](int thread) {
    sums[thread].clear();
    feed_a[thread].begin(a, thread);
    feed_b[thread].begin(b, thread);
    feed_a[thread].send(shared.stage.a[0], thread);
    feed_b[thread].send(shared.stage.b[0], thread);
    await_numbers();
  });
  const int rounds = (depth + tile_depth - 1) / tile_depth;
  for (int round = 0; round < rounds; ++round)
    block.each([&](int thread) {
      const int now = round % 2;
      if (round + 1 == rounds) {
        Unit::add_last(shared.stage.a[now], shared.stage.b[now], sums[thread], thread,
                       depth - round * tile_depth);
        return;
      }
      // The next numbers are on their way while these are multiplied.
      feed_a[thread].send(shared.stage.a[1 - now], thread);
      feed_b[thread].send(shared.stage.b[1 - now], thread);
      Unit::add(shared.stage.a[now], shared.stage.b[now], sums[thread], thread);
      await_numbers();
    });
  block.each([&](int thread) { Unit::spread(shared, sums[thread], thread); });
}

}  // namespace cplae::engine::cuda
