// The lower triangle of a symmetric sum of products; included by kernels.inl.

constexpr std::size_t tile_packs = 2;  ///< vectors side by side in a tile
constexpr std::size_t tile_columns = tile_packs * lanes;
constexpr std::size_t tile_rows = lanes >= 8 ? 8 : 4;  ///< as many as leave its sums in registers

/// Columns [from, from + width) of the depth's rows [first, first + count), rows of the panel one after the
/// other, 0 beyond the last column.
template <std::size_t width>
CPLAE_INLINE void pack(const SymmetricProduct& product, std::size_t first, std::size_t count,
                       std::size_t from, double* panel) {
  const std::size_t there = product.size - from < width ? product.size - from : width;
  for (std::size_t k = 0; k < count; ++k) {
    const double* row = product.factors + (first + k) * product.stride + from;
    for (std::size_t j = 0; j < there; ++j)
      panel[k * width + j] = row[j];
    for (std::size_t j = there; j < width; ++j)
      panel[k * width + j] = 0;
  }
}

/// sums[i][j] = sum over k of left[k][i] right[k][j], one chain in the order of k for each.
CPLAE_INLINE void multiply_tile(std::size_t count, const double* left, const double* right, double* sums) {
  Vec sum[tile_rows][tile_packs] = {};
  for (std::size_t k = 0; k < count; ++k) {
    Vec columns[tile_packs];
    CPLAE_UNROLL
    for (std::size_t p = 0; p < tile_packs; ++p)
      columns[p] = load(right + k * tile_columns + p * lanes);
    CPLAE_UNROLL
    for (std::size_t i = 0; i < tile_rows; ++i) {
      const Vec row = all(left[k * tile_rows + i]);
      CPLAE_UNROLL
      for (std::size_t p = 0; p < tile_packs; ++p)
        sum[i][p] += row * columns[p];
    }
  }
  for (std::size_t i = 0; i < tile_rows; ++i)
    for (std::size_t p = 0; p < tile_packs; ++p)
      store(sums + i * tile_columns + p * lanes, sum[i][p]);
}

/// What lies on or below the diagonal, and within the matrix.
CPLAE_INLINE void add_tile(const SymmetricProduct& product, std::size_t column, std::size_t row,
                           const double* sums) {
  for (std::size_t i = 0; i < tile_rows && column + i < product.size; ++i) {
    double* to = product.sums + (column + i) * product.sums_stride;
    for (std::size_t j = 0; j < tile_columns && row + j < product.size; ++j)
      if (row + j >= column + i) to[row + j] += product.sign * sums[i * tile_columns + j];
  }
}

void add_symmetric_product(const SymmetricProduct& product) {
  double* left = product.scratch;
  double* right = left + product_depth * tile_rows;
  double tile[tile_rows * tile_columns];
  for (std::size_t first = 0; first < product.depth; first += product_depth) {
    const std::size_t rest = product.depth - first;
    const std::size_t count = rest < product_depth ? rest : product_depth;
    for (std::size_t row = 0; row < product.size; row += tile_columns)
      pack<tile_columns>(product, first, count, row, right + row * product_depth);
    for (std::size_t column = 0; column < product.size; column += tile_rows) {
      pack<tile_rows>(product, first, count, column, left);
      for (std::size_t row = column / tile_columns * tile_columns; row < product.size; row += tile_columns) {
        multiply_tile(count, left, right + row * product_depth, tile);
        add_tile(product, column, row, tile);
      }
    }
  }
}
