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

/// What a decoder's output is like, known when it is compiled.
template <bool R, bool D>
struct OutputKind {
  static constexpr bool relu = R;
  static constexpr bool derive = D;
};

/// One panel of a block of rows, of which `rows` are no padding: x W + b becomes the derivative of the
/// squared error. Whole: no column lies beyond the last feature.
template <class Kind, bool Whole, std::size_t V>
struct OutputBlock {
  const Output& o;
  std::size_t column;
  std::size_t row;  ///< of o.rows
  std::size_t rows;
  Vec squares[V] = {};
  Vec slopes[V] = {};  ///< sums of the derivative

  CPLAE_INLINE Vec truth(const float* values, std::size_t v) const {
    if constexpr (Whole) return load(values + column + v * lanes);
    return truth_at(values, column + v * lanes, o.weights.columns);
  }

  CPLAE_INLINE void finish_row(std::size_t r, float* to) {
    const float* values = o.rows.truth[row + r];
    const float weight = o.rows.weight[row + r];
    __builtin_prefetch(values + column + ahead, 0, 2);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      const Vec x = truth(values, v);
      Vec value = load(to + v * lanes);
      if constexpr (Kind::relu) value = value < Vec{} ? Vec{} : value;
      Vec error = value - x;
      error = x == x ? error : Vec{};
      squares[v] += error * error;
      if constexpr (Kind::derive) {
        Vec derivative = error * weight;
        if constexpr (Kind::relu) derivative = value <= Vec{} ? Vec{} : derivative;
        slopes[v] += derivative;
        store(to + v * lanes, derivative);
      }
    }
  }

  /// Adds a block's sums: single precision within a block, double beyond.
  CPLAE_INLINE void add_sums() {
    using Wider =
        double __attribute__((vector_size(lanes * sizeof(double)), aligned(sizeof(double)), may_alias));
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      *reinterpret_cast<Wider*>(o.squares + v * lanes) += __builtin_convertvector(squares[v], Wider);
      if constexpr (Kind::derive) {
        float* at = o.bias_gradient + column + v * lanes;
        store(at, load(at) + slopes[v]);
      }
    }
  }

  CPLAE_INLINE void run(float* to) {
    for (std::size_t r = 0; r < rows; ++r)
      finish_row(r, to + r * panel);
    if constexpr (Kind::derive)
      for (std::size_t i = rows * panel; i < row_block * panel; ++i)
        to[i] = 0;
    add_sums();
  }
};

/// The panels of a block of rows: first their products, then, while these are in the first-level cache, the
/// rest.
template <class Kind>
CPLAE_INLINE void output_rows(const Output& o, const Product& product, std::size_t row) {
  const std::size_t left = o.rows.count - row;
  const std::size_t rows = left < row_block ? left : row_block;
  for (std::size_t c = 0; c < product.c.panels(); ++c) {
    product_panel<Finish::bias>(product, {0, product.inner}, {c, o.row_begin + row, row_block});
    const std::size_t column = (o.first_panel + c) * panel;
    float* to = product.c.at(c, o.row_begin + row);
    if (column + panel <= o.weights.columns)
      OutputBlock<Kind, true, vectors>{o, column, row, rows}.run(to);
    else if (is_narrow(product.c.columns, c))
      OutputBlock<Kind, false, 1>{o, column, row, rows}.run(to);
    else
      OutputBlock<Kind, false, vectors>{o, column, row, rows}.run(to);
  }
}

template <class Kind>
void output_of(const Output& o) {
  const std::size_t begin = o.first_panel * panel;
  const std::size_t end = o.last_panel * panel;
  const std::size_t columns = (end < o.weights.columns ? end : o.weights.columns) - begin;
  const Product product{.a = o.hidden,
                        .b = {o.weights.at(o.first_panel, 0), o.weights.rows, columns},
                        .c = {o.derivative.data, o.derivative.rows, columns},
                        .rows = row_block,
                        .inner = o.hidden.columns,
                        .finish = Finish::bias,
                        .bias = o.bias + begin,
                        .mask = nullptr};
  for (std::size_t row = 0; row < o.rows.rows; row += row_block)
    output_rows<Kind>(o, product, row);
}

void output(const Output& o) {
  const bool derive = o.bias_gradient != nullptr;
  if (o.relu) return derive ? output_of<OutputKind<true, true>>(o) : output_of<OutputKind<true, false>>(o);
  return derive ? output_of<OutputKind<false, true>>(o) : output_of<OutputKind<false, false>>(o);
}
