#pragma once
// What a block of a product works at: its tile, and the matrices around it.
#include "engine/cuda/group.hpp"
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

  /// `link`: of a chain of products.
  CPLAE_DEVICE Work(const Launch& launch, int place, int block_network, int link = 0)
      : group(launch.group),
        tile(launch.group.tiles[launch.first_tile + place]),
        product(launch.group.products[tile.product + link]),
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

}  // namespace cplae::engine::cuda
