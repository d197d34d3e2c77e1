// Part of kernels.inl: the decoder's output product, its squared error and that error's derivative.

/// Values of a cell at a panel's columns; lanes beyond the last feature are 0.
CPLAE_INLINE Vec truth_at(const float* values, std::size_t column, std::size_t features) {
  if (column + lanes <= features) return load(values + column);
  Vec part{};
  for (std::size_t lane = 0; column + lane < features; ++lane)
    part[lane] = values[column + lane];
  return part;
}

/// Floats by which values of cells are fetched ahead: the cells of a batch lie anywhere in memory. A group of
/// panels is made for all rows before the next.
constexpr std::size_t ahead = 4 * panel;

/// Six rows at a time enter the sums in double precision, whatever the tile.
constexpr std::size_t rows_of_sum = 6;

/// Rows of one panel of a decoder's output; how many, the register tile says.
template <bool Relu, bool Derive, bool Whole, std::size_t R, std::size_t V>
struct OutputTile {
  const Output& o;
  std::size_t column;
  std::size_t row;  ///< of o.rows
  Vec bias[V];
  Vec squares[V];

  CPLAE_INLINE OutputTile(const Output& output, std::size_t panel_index, std::size_t first_row)
      : o(output), column(panel_index * panel), row(first_row) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      bias[v] = load(o.bias + column + v * lanes);
      squares[v] = Vec{};
    }
  }

  CPLAE_INLINE Vec truth(const float* values, std::size_t v) const {
    if constexpr (Whole) return load(values + column + v * lanes);
    return truth_at(values, column + v * lanes, o.weights.columns);
  }

  /// Squared errors of one row; their derivative is stored at `to`.
  CPLAE_INLINE void finish_row(std::size_t r, const Vec (&sums)[V], float* to) {
    const float* values = o.rows.truth[row + r];
    const float valid = o.rows.valid[row + r];
    const float weight = o.rows.weight[row + r];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      const Vec x = truth(values, v);
      Vec value = sums[v] + bias[v];
      if constexpr (Relu) value = value < Vec{} ? Vec{} : value;
      Vec error = (value - x) * valid;
      error = x == x ? error : Vec{};
      squares[v] += error * error;
      if constexpr (Derive) {
        Vec derivative = error * weight;
        if constexpr (Relu) derivative = value <= Vec{} ? Vec{} : derivative;
        store(to + v * lanes, derivative);
      }
    }
  }

  CPLAE_INLINE void add_squares() {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      using Wider =
          double __attribute__((vector_size(lanes * sizeof(double)), aligned(sizeof(double)), may_alias));
      *reinterpret_cast<Wider*>(o.squares + v * lanes) += __builtin_convertvector(squares[v], Wider);
      squares[v] = Vec{};
    }
  }

  CPLAE_INLINE void run() {
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; ++r)
      __builtin_prefetch(o.rows.truth[row + r] + column + ahead, 0, 2);
    Sums<R, V> sums;
    clear(sums);
    multiply(o.hidden.at(0, o.row_begin + row), o.hidden.rows * panel, o.weights.at(column / panel, 0),
             o.hidden.columns, sums);
    float* to = nullptr;
    if constexpr (Derive) to = o.derivative.at(column / panel - o.first_panel, o.row_begin + row);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; ++r) {
      finish_row(r, sums.at[r], to + r * panel);
      if ((r + 1) % rows_of_sum == 0) add_squares();
    }
    if constexpr (R % rows_of_sum != 0) add_squares();
  }
};

template <bool Relu, bool Derive>
void output_of(const Output& o) {
  const std::size_t features = o.weights.columns;
  for (std::size_t row = 0; row < o.rows.rows; row += row_block)
    for (std::size_t c = o.first_panel; c < o.last_panel; ++c)
      if (is_narrow(features, c))
        OutputTile<Relu, Derive, false, row_block, 1>(o, c, row).run();
      else if ((c + 1) * panel > features)
        for (std::size_t r = 0; r < row_block; r += tile_rows)
          OutputTile<Relu, Derive, false, tile_rows, vectors>(o, c, row + r).run();
      else
        for (std::size_t r = 0; r < row_block; r += tile_rows)
          OutputTile<Relu, Derive, true, tile_rows, vectors>(o, c, row + r).run();
}

void output(const Output& o) {
  const bool derive = o.derivative.data != nullptr;
  if (o.relu) return derive ? output_of<true, true>(o) : output_of<true, false>(o);
  return derive ? output_of<false, true>(o) : output_of<false, false>(o);
}
