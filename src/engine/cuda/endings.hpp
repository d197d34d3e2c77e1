#pragma once
// What is done to a tile of sums before it is stored: bias, relu, dropout, loss, or the way back through
// them.
#include "engine/cuda/philox.hpp"
#include "engine/cuda/work.hpp"

namespace cplae::engine::cuda {

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

/// For results that nothing but memory needs.
struct KeepNothing {
  CPLAE_DEVICE void operator()(int, int, float) const {}
};

/// Hidden layers and latents before batch norm; each number goes to keep(row, column, number) too.
template <class Block, class Keep = KeepNothing>
CPLAE_DEVICE void finish_hidden(const Block& block, TileShared& shared, const Work& work, Mode mode,
                                const Keep& keep = {}) {
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
        keep(row, column, value);
      });
}

/// Gradient of what enters a layer, through the relu and the dropout that made it; each number goes to
/// keep(row, column, number) too.
template <class Block, class Keep = KeepNothing>
CPLAE_DEVICE void finish_back(const Block& block, TileShared& shared, const Work& work,
                              const Keep& keep = {}) {
  const Product& product = work.product;
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
        const float value = !(entered <= 0) ? sum * kept : 0.0F;
        gradient[std::int64_t{row} * stride + column] = value;
        keep(row, column, value);
      });
}

}  // namespace cplae::engine::cuda
