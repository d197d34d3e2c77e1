#pragma once
// Products one after the other whose results are no wider than a tile: a block takes its 64 rows through all
// of them. What one leaves is stored, since gradients of weights need it, and kept in shared memory as the
// first operand of the next. Arithmetic and order are those of each product alone; so are the bits.
#include "engine/cuda/products.hpp"

namespace cplae::engine::cuda {

struct ChainShared {
  TileShared tile;
  Stage units[tile_side / tile_depth];  ///< [unit][row] of what the product before has left, else 0
};

/// To where the next product of a chain finds it.
struct KeepUnits {
  Stage* units;
  CPLAE_DEVICE void operator()(int row, int column, float value) const {
    units[column / tile_depth][column % tile_depth][row / 4].v[row % 4] = value;
  }
};

/// Tensor cores take units in eights: those behind the last are 0.
template <class Block>
CPLAE_DEVICE void clear_units(const Block& block, ChainShared& shared) {
  block.each([&](int thread) {
    for (int i = thread; i < tile_side * quads; i += tile_threads)
      shared.units[i / quads / tile_depth][i / quads % tile_depth][i % quads] = {{0, 0, 0, 0}};
  });
}

/// As `multiply`, of the kept units and b; depth is at most that of a tile's side. All of b is brought at
/// once.
template <class Unit, class Block, class B>
CPLAE_DEVICE void multiply_kept(const Block& block, ChainShared& shared, const B& b, int depth) {
  typename Block::template PerThread<Sums> sums;
  const int before_last = (depth - 1) / tile_depth;
  block.each([&](int thread) {
    Feed<B> feed;
    feed.begin(b, thread);
    for (int round = 0; round <= before_last; ++round)
      feed.send(shared.tile.stages[round], thread);
    await_numbers();
  });
  block.each([&](int thread) {
    sums[thread].clear();
    for (int round = 0; round < before_last; ++round)
      Unit::add(shared.units[round], shared.tile.stages[round], sums[thread], thread);
    Unit::add_last(shared.units[before_last], shared.tile.stages[before_last], sums[thread], thread,
                   depth - before_last * tile_depth);
  });
  block.each([&](int thread) { Unit::spread(shared.tile, sums[thread], thread); });
}

/// The product of one link: of `a` in memory for the first, else of what the one before has kept.
template <class Block, bool WithTensor, class A, class B>
CPLAE_DEVICE void multiply_link(const Block& block, ChainShared& shared, const Work& work, int link,
                                const A& a, const B& b, int depth) {
  if (link == 0)
    multiply_for<Block, WithTensor>(block, shared.tile, work.product, a, b, depth);
  else if (WithTensor && work.product.tensor != 0)
    multiply_kept<Tensor>(block, shared, b, depth);
  else
    multiply_kept<Plain>(block, shared, b, depth);
  clear_units(block, shared);
}

template <bool WithTensor, class Block>
CPLAE_DEVICE void forward_chain_kernel(const Block& block, ChainShared& shared, const Launch& launch) {
  const int links = launch.group.tiles[launch.first_tile + block.place()].links;
  for (int link = 0; link < links; ++link) {
    const Work work(launch, block.place(), block.network(), link);
    if (work.tile.row >= work.rows) return;
    const auto a = along_columns(work.inputs(), work.tile.row);
    const auto b = along_rows(work.weight(), 0);
    multiply_link<Block, WithTensor>(block, shared, work, link, a, b, work.product.in);
    finish_hidden(block, shared.tile, work, launch.mode, KeepUnits{shared.units});
  }
}

/// Later links may have fewer rows: gradients of latents that come from other modalities end before the last.
template <bool WithTensor, class Block>
CPLAE_DEVICE void back_chain_kernel(const Block& block, ChainShared& shared, const Launch& launch) {
  const int links = launch.group.tiles[launch.first_tile + block.place()].links;
  for (int link = 0; link < links; ++link) {
    const Work work(launch, block.place(), block.network(), link);
    if (work.tile.row >= work.rows) return;
    const auto a = along_columns(work.outputs(), work.tile.row);
    const auto b = along_columns(work.weight(), 0);
    multiply_link<Block, WithTensor>(block, shared, work, link, a, b, work.product.out);
    finish_back(block, shared.tile, work, KeepUnits{shared.units});
  }
}

}  // namespace cplae::engine::cuda
