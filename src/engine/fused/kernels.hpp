#pragma once
// The loops of a training step, once for each set of processor instructions. Only plain types here: the files
// that define them are compiled with instructions of their own.
#include <cstddef>
#include <cstdint>

#include "engine/fused/tiles.hpp"

namespace cplae::engine::fused {

enum class Finish : unsigned char {
  store,               ///< c = sum
  add,                 ///< c += sum
  bias,                ///< c = sum + bias
  bias_relu,           ///< c = max(sum + bias, 0)
  relu_derivative,     ///< c = sum where mask > 0, else 0
  add_relu_derivative  ///< c = c + sum where mask > 0, else 0
};

/// c = finish(a b): a [rows x inner], b [inner x columns], c [rows x columns]; rows a multiple of row_block.
struct Product {
  Tiles a;
  Tiles b;
  Tiles c;
  std::size_t rows = 0;
  std::size_t inner = 0;
  Finish finish = Finish::store;
  const float* bias = nullptr;  ///< [columns padded to a panel]
  const float* mask = nullptr;  ///< first of tiles laid out as c
};

/// c = a^T d over the first `rows` rows: a [rows x inner], d [rows x columns], c [inner x columns].
struct Gradient {
  Tiles a;
  Tiles d;
  Tiles c;
  std::size_t rows = 0;
};

/// One row of an encoder's input: missing entries 0, noise added, dropout last.
struct InputRow {
  const float* values = nullptr;          ///< [features], NaN = missing
  const float* next = nullptr;            ///< [features] values of a row that will be made soon
  const float* normals = nullptr;         ///< [features] or none
  const float* noise_sd = nullptr;        ///< [features]
  const std::uint16_t* halves = nullptr;  ///< [features padded to a panel] random bits, or none: no dropout
  std::uint32_t threshold = 0;            ///< dropped where the bits lie below it
  float scale = 1;                        ///< of what is kept
  std::size_t features = 0;
  Tiles out;
  std::size_t row = 0;
};

/// Rows of a decoder's output that share a source.
struct OutputRows {
  const float* const* truth = nullptr;  ///< [rows padded] the cells' values, NaN = missing
  const float* weight = nullptr;        ///< [rows padded] of the squared error's derivative
  std::size_t rows = 0;                 ///< a multiple of row_block
  std::size_t count = 0;                ///< those that are no padding, the first ones
};

/// The panels [first, last) of a decoder's output: reconstruction, squared error and its derivative.
struct Output {
  Tiles hidden;
  Tiles weights;  ///< [hidden x features]
  const float* bias = nullptr;
  OutputRows rows;
  std::size_t row_begin = 0;  ///< of the rows in `hidden` and `derivative`
  std::size_t first_panel = 0;
  std::size_t last_panel = 0;
  bool relu = false;
  Tiles derivative;  ///< [rows x 16 (last - first)]; holds something else where it is not wanted
  float* bias_gradient =
      nullptr;  ///< [features padded] sums of the derivative over rows, added to; none: no derivative
  double* squares = nullptr;  ///< [16] sums of squared errors, added to
};

struct AdamStep {
  float* parameters = nullptr;
  float* first = nullptr;
  float* second = nullptr;
  const float* gradients = nullptr;
  std::size_t count = 0;  ///< a multiple of 16
  float rate = 0;         ///< with the bias correction
  float decay = 1;        ///< factor of the parameters before the step
};

/// Counter words 1 to 3 and key of a random stream (core/random.hpp).
struct Stream {
  std::uint32_t key[2] = {0, 0};
  std::uint32_t counter[3] = {0, 0, 0};
};

struct Kernels {
  void (*product)(const Product&);
  void (*gradient)(const Gradient&);
  void (*input_row)(const InputRow&);
  void (*output)(const Output&);
  /// out [columns padded]: sums of the first `rows` rows.
  void (*column_sums)(const Tiles& values, std::size_t rows, float* out);
  /// out [columns x rows of a] = transposed a; the first `rows` rows.
  void (*transpose)(const Tiles& a, std::size_t rows, const Tiles& out);
  void (*adam)(const AdamStep&);
  /// Words of the blocks [first, first + blocks), four each; `out` holds 4 * padded(blocks, 8).
  void (*random_words)(const Stream&, std::uint64_t first, std::size_t blocks, std::uint32_t* out);
  /// Two normal numbers of each block's first two words, out [2 * blocks]; blocks a multiple of 16.
  void (*normals)(const std::uint32_t* words, std::size_t blocks, float* out);
  const char* instructions;  ///< "avx2"
};

const Kernels& kernels_baseline();
#if defined(__x86_64__)
const Kernels& kernels_avx2();
const Kernels& kernels_avx512();
#endif

/// The fastest that this processor can run.
const Kernels& best_kernels();

}  // namespace cplae::engine::fused
