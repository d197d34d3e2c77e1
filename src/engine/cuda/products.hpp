#pragma once
// The three products of a dense layer, each for one tile of one network: forward, back to the layer's input,
// and the gradient of the weights, which Adam takes at once.
#include <cmath>

#include "engine/cuda/group.hpp"
#include "engine/cuda/philox.hpp"
#include "engine/cuda/tile.hpp"

namespace cplae::engine::cuda {

/// A matrix in memory, [rows x columns], row-major.
struct Matrix {
  const float* base;
  int stride, rows, columns;
};

/// From row `first` on, summed over columns.
CPLAE_DEVICE Operand<true> along_columns(const Matrix& matrix, int first) {
  return {matrix.base + std::int64_t{first} * matrix.stride, matrix.stride, matrix.rows - first,
          matrix.columns};
}

/// From column `first` on, summed over rows.
CPLAE_DEVICE Operand<false> along_rows(const Matrix& matrix, int first) {
  return {matrix.base + first, matrix.stride, matrix.columns - first, matrix.rows};
}

/// The same with a column of ones behind the last, whose product is the gradient of the bias.
CPLAE_DEVICE Operand<false, true> along_rows_and_ones(const Matrix& matrix, int first) {
  return {matrix.base + first, matrix.stride, matrix.columns - first, matrix.rows};
}

/// Numbers of a tile that are there.
struct Extent {
  int rows, columns;
};

/// What one block works at.
struct Work {
  const Group& group;
  // By value: what a kernel stores might else be these.
  Tile tile;
  Product product;
  int network;
  int rows;
  float* floats;
  float* parameters;

  CPLAE_DEVICE Work(const Launch& launch, int place, int block_network)
      : group(launch.group),
        tile(launch.group.tiles[launch.first_tile + place]),
        product(launch.group.products[tile.product]),
        network(launch.first_network + block_network),
        rows(group.integers[network * group.integer_count + product.row_count]),
        floats(group.floats + network * group.float_count),
        parameters(group.parameters + network * group.parameter_count) {}

  [[nodiscard]] CPLAE_DEVICE const ModalityRules& rules() const {
    return group.modality_rules[network * group.modalities + product.modality];
  }
  /// What the tile holds of the rows and of `columns`.
  [[nodiscard]] CPLAE_DEVICE Extent extent(int columns) const {
    return {rows - tile.row, columns - tile.column};
  }
  /// The tile's first number in a buffer of rows.
  [[nodiscard]] CPLAE_DEVICE float* corner(std::int64_t buffer, int stride) const {
    return floats + buffer + std::int64_t{tile.row} * stride + tile.column;
  }
  [[nodiscard]] CPLAE_DEVICE Matrix inputs() const {
    return {floats + product.inputs_at, product.inputs_stride, rows, product.in};
  }
  [[nodiscard]] CPLAE_DEVICE Matrix outputs() const {
    return {floats + product.outputs_at, product.outputs_stride, rows, product.out};
  }
  [[nodiscard]] CPLAE_DEVICE Matrix weight() const {
    return {parameters + product.weight, product.out, product.in, product.out};
  }
};

/// Numbers of a column that a thread has on their way from memory at once, when it finishes a tile.
constexpr int on_the_way = 8;
constexpr int rows_apart = tile_threads / tile_side;

/// end(row, column, sum, load(row, column)) for the numbers of a finished tile that are within its matrix;
/// row and column count from the tile's corner. Loads go ahead of what is stored: else each would wait for
/// the one before.
template <class Loaded, class Block, class Load, class End>
CPLAE_DEVICE void finish_tile(const Block& block, TileShared& shared, const Extent& within, const Load& load,
                              const End& end) {
  block.each([&](int thread) {
    const int column = thread % tile_side;
    if (column >= within.columns) return;
    for (int first = thread / tile_side; first < tile_side; first += rows_apart * on_the_way) {
      Loaded loaded[on_the_way];
      CPLAE_UNROLL
      for (int j = 0; j < on_the_way; ++j)
        if (first + rows_apart * j < within.rows) loaded[j] = load(first + rows_apart * j, column);
      CPLAE_UNROLL
      for (int j = 0; j < on_the_way; ++j) {
        const int row = first + rows_apart * j;
        if (row < within.rows) end(row, column, shared.at(row, column), loaded[j]);
      }
    }
  });
}

template <class Block, bool WithTensor, class A, class B>
CPLAE_DEVICE void multiply_for(const Block& block, TileShared& shared, const Product& product, const A& a,
                               const B& b, int depth) {
  if constexpr (WithTensor) {
    if (product.tensor != 0) {
      multiply<Tensor>(block, shared, a, b, depth);
      return;
    }
  }
  multiply<Plain>(block, shared, a, b, depth);
}

/// Which cell a row of the tile is of, and the factor of the gradient of its squared errors.
template <class Block>
CPLAE_DEVICE void look_up_rows(const Block& block, TileShared& shared, const Work& work) {
  const int m = work.product.modality;
  const Lists lists(work.group, work.network);
  const double alpha = work.rules().alpha;
  const int features = work.group.modality_views[m].features;
  block.each([&](int thread) {
    if (thread >= tile_side || thread >= work.extent(0).rows) return;
    const int row = work.tile.row + thread;
    const double fed = lists.feed_count(m, lists.feed_source(m)[row]);
    shared.row_cell[thread] = lists.cell()[lists.feed_slot(m)[row]];
    shared.row_factor[thread] = static_cast<float>(2.0 * alpha / (fed * features));
  });
}

/// Squared errors of a tile of outputs and, in training, the gradient of the loss where the outputs would
/// stand.
template <class Block>
CPLAE_DEVICE void finish_output(const Block& block, TileShared& shared, const Work& work, Mode mode) {
  struct Truth {
    float value, bias;
    bool observed;
  };
  look_up_rows(block, shared, work);
  const ModalityView modality = work.group.modality_views[work.product.modality];
  const bool relu = work.rules().relu != 0;
  const float* const bias = work.parameters + work.product.bias + work.tile.column;
  float* const gradient = work.corner(work.product.outputs_at, work.product.outputs_stride);
  const int stride = work.product.outputs_stride;
  finish_tile<Truth>(
      block, shared, work.extent(work.product.out),
      [&](int row, int column) {
        const std::int64_t entry =
            std::int64_t{shared.row_cell[row]} * modality.features + work.tile.column + column;
        return Truth{modality.values[entry], bias[column],
                     modality.observed == nullptr || modality.observed[entry] != 0};
      },
      [&](int row, int column, float sum, const Truth& truth) {
        const float raw = sum + truth.bias;
        const bool passes = !relu || !(raw <= 0);
        // What is not finite shows in the loss wherever it stands.
        const float error = truth.observed ? (passes ? raw : 0.0F) - truth.value : 0.0F * raw;
        if (mode == Mode::training)
          gradient[std::int64_t{row} * stride + column] =
              truth.observed && passes ? shared.row_factor[row] * error : 0.0F * raw;
        shared.at(row, column) = error * error;
      });
  float* const losses = work.floats + modality.row_losses +
                        std::int64_t{work.tile.row} * modality.loss_columns +
                        work.tile.column / tile_side * 2;
  block.each([&](int thread) {
    const int row = thread / 2;
    const int half = thread % 2;
    if (row >= work.extent(0).rows) return;
    float sum = 0;
    for (int column = half * tile_side / 2; column < (half + 1) * tile_side / 2; ++column)
      sum += shared.at(row, column);
    losses[std::int64_t{row} * modality.loss_columns + half] = sum;
  });
}

/// Hidden layers and latents before batch norm.
template <class Block>
CPLAE_DEVICE void finish_hidden(const Block& block, TileShared& shared, const Work& work, Mode mode) {
  struct Unit {
    float bias;
    int source, slot;
  };
  const int m = work.product.modality;
  const ModalityRules rules = work.rules();
  const bool relu = work.product.ending != Ending::linear;
  const bool dropped = work.product.ending == Ending::dropped_relu && mode == Mode::training &&
                       rules.decoder_dropped_below > 0;
  const Lists lists(work.group, work.network);
  const auto step = static_cast<std::uint64_t>(work.group.step[work.network] + 1);
  const std::uint64_t key = work.group.network_rules[work.network].key;
  const float* const bias = work.parameters + work.product.bias + work.tile.column;
  float* const outputs = work.corner(work.product.outputs_at, work.product.outputs_stride);
  const int stride = work.product.outputs_stride;
  const int units = work.product.out;
  finish_tile<Unit>(
      block, shared, work.extent(units),
      [&](int row, int column) {
        Unit unit{bias[column], 0, 0};
        if (!dropped) return unit;
        unit.source = lists.feed_source(m)[work.tile.row + row];
        unit.slot = lists.feed_slot(m)[work.tile.row + row];
        return unit;
      },
      [&](int row, int column, float sum, const Unit& unit) {
        float value = sum + unit.bias;
        if (relu && value <= 0) value = 0;
        if (dropped) {
          const Stream stream(
              key, {purpose_decoder_dropout, static_cast<std::uint32_t>(m + 256 * unit.source), step});
          const std::uint32_t bits = stream.half(std::int64_t{unit.slot} * units + work.tile.column + column);
          value *= bits < rules.decoder_dropped_below ? 0.0F : rules.decoder_kept;
        }
        outputs[std::int64_t{row} * stride + column] = value;
      });
}

/// outputs = ending(inputs W + b)
template <bool WithTensor, class Block>
CPLAE_DEVICE void forward_kernel(const Block& block, TileShared& shared, const Launch& launch) {
  const Work work(launch, block.place(), block.network());
  const Product& product = work.product;
  if (work.tile.row >= work.rows) return;
  const auto a = along_columns(work.inputs(), work.tile.row);
  const auto b = along_rows(work.weight(), work.tile.column);
  multiply_for<Block, WithTensor>(block, shared, product, a, b, product.in);
  if (product.ending == Ending::output)
    finish_output(block, shared, work, launch.mode);
  else
    finish_hidden(block, shared, work, launch.mode);
}

/// gradient of what enters = (gradient of what leaves) W^T, through the relu and the dropout that made it
template <bool WithTensor, class Block>
CPLAE_DEVICE void back_kernel(const Block& block, TileShared& shared, const Launch& launch) {
  const Work work(launch, block.place(), block.network());
  const Product& product = work.product;
  if (work.tile.row >= work.rows) return;
  const auto a = along_columns(work.outputs(), work.tile.row);
  const auto b = along_columns(work.weight(), work.tile.column);
  multiply_for<Block, WithTensor>(block, shared, product, a, b, product.out);
  const ModalityRules rules = work.rules();
  const bool masked = product.masked != 0;
  // A dropped unit is 0, so what is not is kept.
  const float kept = product.masked == 2 && rules.decoder_dropped_below > 0 ? rules.decoder_kept : 1.0F;
  const int stride = product.inputs_stride;
  const float* const unit = work.corner(product.inputs_at, stride);
  float* const gradient = work.corner(product.gradient_at, stride);
  finish_tile<float>(
      block, shared, work.extent(product.in),
      [&](int row, int column) { return masked ? unit[std::int64_t{row} * stride + column] : 1.0F; },
      [&](int row, int column, float sum, float entered) {
        gradient[std::int64_t{row} * stride + column] = !(entered <= 0) ? sum * kept : 0.0F;
      });
}

/// gradient of W = inputs^T (gradient of what leaves), of b its column sums; then Adam
template <bool WithTensor, class Block>
CPLAE_DEVICE void weights_kernel(const Block& block, TileShared& shared, const Launch& launch) {
  const Work work(launch, block.place(), block.network());
  const Product& product = work.product;
  const auto a = along_rows_and_ones(work.inputs(), work.tile.row);
  const auto b = along_rows(work.outputs(), work.tile.column);
  multiply_for<Block, WithTensor>(block, shared, product, a, b, work.rows);
  // One Adam step of each parameter (docs/model.md).
  struct Moments {
    float parameter, first, second;
  };
  const Group& group = work.group;
  const std::int64_t base = work.network * group.parameter_count;
  const float rate = group.rate[work.network];
  const float decay = group.decay[work.network];
  const int in = product.in;
  const int out = product.out;
  const std::int64_t weight = base + product.weight + std::int64_t{work.tile.row} * out + work.tile.column;
  const std::int64_t bias = base + product.bias + work.tile.column;
  const auto place = [&](int row, int column) {
    return column + (work.tile.row + row < in ? weight + std::int64_t{row} * out : bias);
  };
  finish_tile<Moments>(
      block, shared, {in + 1 - work.tile.row, out - work.tile.column},
      [&](int row, int column) {
        const std::int64_t at = place(row, column);
        return Moments{group.parameters[at], group.first_moment[at], group.second_moment[at]};
      },
      [&](int row, int column, float gradient, const Moments& old) {
        const std::int64_t at = place(row, column);
        // Which of two products is rounded is said, not left to the compiler of an instantiation.
        const float first = std::fma(0.1F, gradient, 0.9F * old.first);
        const float second = std::fma(0.001F, gradient * gradient, 0.999F * old.second);
        group.first_moment[at] = first;
        group.second_moment[at] = second;
        // The row below the weights is the bias, which does not decay.
        const float kept = work.tile.row + row < in ? old.parameter * decay : old.parameter;
        group.parameters[at] = std::fma(-rate, first / (std::sqrt(second) + 1e-7F), kept);
      });
}

}  // namespace cplae::engine::cuda
