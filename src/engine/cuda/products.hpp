#pragma once
// The three products of a dense layer, each for one tile of one network: forward, back to the layer's input,
// and the gradient of the weights, which Adam takes at once.
#include <cmath>

#include "engine/cuda/endings.hpp"

namespace cplae::engine::cuda {

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

/// gradient of what enters = (gradient of what leaves) W^T
template <bool WithTensor, class Block>
CPLAE_DEVICE void back_kernel(const Block& block, TileShared& shared, const Launch& launch) {
  const Work work(launch, block.place(), block.network());
  const Product& product = work.product;
  if (work.tile.row >= work.rows) return;
  const auto a = along_columns(work.outputs(), work.tile.row);
  const auto b = along_columns(work.weight(), work.tile.column);
  multiply_for<Block, WithTensor>(block, shared, product, a, b, product.out);
  finish_back(block, shared, work);
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
