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
          matrix.columns, -1};
}

/// From column `first` on, summed over rows.
CPLAE_DEVICE Operand<false> along_rows(const Matrix& matrix, int first) {
  return {matrix.base + first, matrix.stride, matrix.columns - first, matrix.rows, -1};
}

/// The same with a column of ones behind the last, whose product is the gradient of the bias.
CPLAE_DEVICE Operand<false> along_rows_and_ones(const Matrix& matrix, int first) {
  return {matrix.base + first, matrix.stride, matrix.columns - first, matrix.rows, matrix.columns - first};
}

/// What one block works at.
struct Work {
  const Group& group;
  const Product& product;
  const Tile& tile;
  int network;
  int rows;
  float* floats;
  float* parameters;

  CPLAE_DEVICE Work(const Launch& launch, int place, int block_network)
      : group(launch.group),
        product(launch.group.products[launch.group.tiles[launch.first_tile + place].product]),
        tile(launch.group.tiles[launch.first_tile + place]),
        network(launch.first_network + block_network),
        rows(group.integers[network * group.integer_count + product.row_count]),
        floats(group.floats + network * group.float_count),
        parameters(group.parameters + network * group.parameter_count) {}

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

/// ending(row, column, value) for the numbers of a finished tile within [rows x columns].
template <class Block, class End>
CPLAE_DEVICE void finish_tile(const Block& block, TileShared& shared, const Tile& tile, int rows, int columns,
                              const End& end) {
  block.each([&](int thread) {
    const int column = thread % tile_side;
    for (int row = thread / tile_side; row < tile_side; row += tile_threads / tile_side)
      if (tile.row + row < rows && tile.column + column < columns)
        end(tile.row + row, tile.column + column, shared.at(row, column));
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

/// Squared errors of a tile of outputs and, in training, the gradient of the loss where the outputs would
/// stand.
template <class Block>
CPLAE_DEVICE void finish_output(const Block& block, TileShared& shared, const Work& work, Mode mode) {
  const Product& product = work.product;
  const ModalityView& modality = work.group.modality_views[product.modality];
  const ModalityRules& rules =
      work.group.modality_rules[work.network * work.group.modalities + product.modality];
  const Lists lists(work.group, work.network);
  const int m = product.modality;
  block.each([&](int thread) {
    if (thread >= tile_side || work.tile.row + thread >= work.rows) return;
    const int row = work.tile.row + thread;
    const int fed = lists.feed_count(m, lists.feed_source(m)[row]);
    shared.row_cell[thread] = lists.cell()[lists.feed_slot(m)[row]];
    shared.row_factor[thread] = static_cast<float>(2.0 * static_cast<double>(rules.alpha) /
                                                   (static_cast<double>(fed) * modality.features));
  });
  const float* const bias = work.parameters + product.bias;
  block.each([&](int thread) {
    const int i = thread % tile_side;
    const int column = work.tile.column + i;
    for (int j = thread / tile_side; j < tile_side; j += tile_threads / tile_side) {
      const int row = work.tile.row + j;
      float error = 0;
      if (row < work.rows && column < product.out) {
        const float raw = shared.at(j, i) + bias[column];
        const bool passes = rules.relu == 0 || !(raw <= 0);
        const std::int64_t entry = std::int64_t{shared.row_cell[j]} * modality.features + column;
        const bool observed = modality.observed == nullptr || modality.observed[entry] != 0;
        error = observed ? (passes ? raw : 0.0F) - modality.values[entry] : 0.0F * raw;
        if (mode == Mode::training)
          work.floats[product.outputs_at + std::int64_t{row} * product.outputs_stride + column] =
              observed && passes ? shared.row_factor[j] * error : 0.0F * raw;
      }
      shared.at(j, i) = error * error;
    }
  });
  block.each([&](int thread) {
    const int j = thread / 2;
    const int half = thread % 2;
    if (work.tile.row + j >= work.rows) return;
    float sum = 0;
    for (int i = half * tile_side / 2; i < (half + 1) * tile_side / 2; ++i)
      sum += shared.at(j, i);
    const std::int64_t row = work.tile.row + j;
    work.floats[modality.row_losses + row * modality.loss_columns + work.tile.column / tile_side * 2 + half] =
        sum;
  });
}

/// Hidden layers and latents before batch norm.
template <class Block>
CPLAE_DEVICE void finish_hidden(const Block& block, TileShared& shared, const Work& work,
                                const Launch& launch) {
  const Product& product = work.product;
  const Lists lists(work.group, work.network);
  const ModalityRules& rules =
      work.group.modality_rules[work.network * work.group.modalities + product.modality];
  const float* const bias = work.parameters + product.bias;
  const bool dropped =
      product.ending == Ending::dropped_relu && launch.mode == Mode::training && rules.decoder_dropout > 0;
  const auto step = static_cast<std::uint64_t>(work.group.step[work.network] + 1);
  finish_tile(block, shared, work.tile, work.rows, product.out, [&](int row, int column, float sum) {
    float value = sum + bias[column];
    if (product.ending != Ending::linear && value <= 0) value = 0;
    if (dropped) {
      const int source = lists.feed_source(product.modality)[row];
      const int slot = lists.feed_slot(product.modality)[row];
      const Stream stream(
          work.group.network_rules[work.network].key,
          {purpose_decoder_dropout, static_cast<std::uint32_t>(product.modality + 256 * source), step});
      const float drawn = stream.uniform(std::int64_t{slot} * product.out + column);
      value *= drawn < rules.decoder_dropout ? 0.0F : rules.decoder_kept;
    }
    work.floats[product.outputs_at + std::int64_t{row} * product.outputs_stride + column] = value;
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
    finish_hidden(block, shared, work, launch);
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
  const ModalityRules& rules =
      work.group.modality_rules[work.network * work.group.modalities + product.modality];
  // A dropped unit is 0, so what is not is kept.
  const float kept = product.masked == 2 && rules.decoder_dropout > 0 ? rules.decoder_kept : 1.0F;
  finish_tile(block, shared, work.tile, work.rows, product.in, [&](int row, int column, float sum) {
    const std::int64_t at = std::int64_t{row} * product.inputs_stride + column;
    const bool passes = product.masked == 0 || !(work.floats[product.inputs_at + at] <= 0);
    work.floats[product.gradient_at + at] = passes ? sum * kept : 0.0F;
  });
}

/// One Adam step of one parameter (docs/model.md).
CPLAE_DEVICE void adam(const Group& group, int network, std::int64_t parameter, float gradient) {
  const std::int64_t at = network * group.parameter_count + parameter;
  const float first = 0.9F * group.first_moment[at] + 0.1F * gradient;
  const float second = 0.999F * group.second_moment[at] + 0.001F * (gradient * gradient);
  group.first_moment[at] = first;
  group.second_moment[at] = second;
  group.parameters[at] -= group.rate[network] * (first / (std::sqrt(second) + 1e-7F));
}

/// gradient of W = inputs^T (gradient of what leaves), of b its column sums; then Adam
template <bool WithTensor, class Block>
CPLAE_DEVICE void weights_kernel(const Block& block, TileShared& shared, const Launch& launch) {
  const Work work(launch, block.place(), block.network());
  const Product& product = work.product;
  const auto a = along_rows_and_ones(work.inputs(), work.tile.row);
  const auto b = along_rows(work.outputs(), work.tile.column);
  multiply_for<Block, WithTensor>(block, shared, product, a, b, work.rows);
  finish_tile(block, shared, work.tile, product.in + 1, product.out, [&](int row, int column, float sum) {
    const std::int64_t parameter =
        row < product.in ? product.weight + std::int64_t{row} * product.out + column : product.bias + column;
    adam(work.group, work.network, parameter, sum);
  });
}

}  // namespace cplae::engine::cuda
