// Part of kernels.inl: products of tiled matrices.

/// Rows and vectors of a register tile: twelve sums or so are in flight, which hides the latency of two
/// multiply-adds a cycle, beside the operands that sixteen registers leave room for.
constexpr std::size_t tile_rows = lanes == 16 ? 12 : lanes == 8 ? 6 : 3;

template <std::size_t R, std::size_t V>
struct Sums {
  Vec at[R][V];
};

template <std::size_t R, std::size_t V>
CPLAE_INLINE void clear(Sums<R, V>& sums) {
#pragma GCC unroll 16
  for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v)
      sums.at[r][v] = Vec{};
}

/// sums += (R rows of a) x (V vectors of b), over `inner`.
template <std::size_t R, std::size_t V>
CPLAE_INLINE void multiply(const float* a, std::size_t a_panel, const float* b, std::size_t inner,
                           Sums<R, V>& sums) {
  const auto step = [&](const float* column, const float* row) __attribute__((always_inline)) {
    Vec right[V];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v)
      right[v] = load(row + v * lanes);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; ++r) {
      const Vec left = all(column[r * panel]);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v)
        sums.at[r][v] += left * right[v];
    }
  };
  std::size_t k = 0;
  for (; k + panel <= inner; k += panel, a += a_panel)
#pragma GCC unroll 4
    for (std::size_t j = 0; j < panel; ++j)
      step(a + j, b + (k + j) * panel);
  for (std::size_t j = 0; k + j < inner; ++j)
    step(a + j, b + (k + j) * panel);
}

/// What becomes of one vector of sums; `column` is its first column, `offset` its place in c.
template <Finish F>
CPLAE_INLINE Vec finished(const Product& p, std::size_t column, std::size_t offset, Vec sum) {
  if constexpr (F == Finish::bias) return sum + load(p.bias + column);
  if constexpr (F == Finish::bias_relu) {
    sum += load(p.bias + column);
    return sum < Vec{} ? Vec{} : sum;
  }
  if constexpr (F == Finish::relu_derivative || F == Finish::add_relu_derivative)
    return load(p.mask + offset) <= Vec{} ? Vec{} : sum;
  return sum;
}

/// Of the summed index, so much at a time: the panel of b that is met by all rows stays in the first-level
/// cache.
constexpr std::size_t inner_block = 256;

/// Part of the summed index. Sums go on from c where it does not begin at 0.
struct InnerBlock {
  std::size_t begin;
  std::size_t end;
};

template <std::size_t R, std::size_t V>
CPLAE_INLINE void take(const float* c, Sums<R, V>& sums) {
#pragma GCC unroll 16
  for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v)
      sums.at[r][v] = load(c + r * panel + v * lanes);
}

template <std::size_t R, std::size_t V>
CPLAE_INLINE void put(const Sums<R, V>& sums, float* c) {
#pragma GCC unroll 16
  for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v)
      store(c + r * panel + v * lanes, sums.at[r][v]);
}

/// R rows of one panel of c. V vectors of the panel are computed; the others stay as they are (0).
template <Finish F, std::size_t R, std::size_t V>
CPLAE_INLINE void panel_rows(const Product& p, InnerBlock inner, std::size_t panel_index, std::size_t row) {
  const std::size_t offset = (panel_index * p.c.rows + row) * panel;
  Sums<R, V> sums;
  if (inner.begin > 0 || F == Finish::add || F == Finish::add_relu_derivative)
    take(p.c.data + offset, sums);
  else
    clear(sums);
  multiply(p.a.at(inner.begin / panel, row), p.a.rows * panel, p.b.at(panel_index, inner.begin),
           inner.end - inner.begin, sums);
  if (inner.end < p.inner) return put(sums, p.c.data + offset);
#pragma GCC unroll 16
  for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v) {
      const std::size_t at = offset + r * panel + v * lanes;
      store(p.c.data + at, finished<F>(p, panel_index * panel + v * lanes, at, sums.at[r][v]));
    }
}

/// Whether the last panel has so few columns that half of it, or a quarter, will do.
CPLAE_INLINE bool is_narrow(std::size_t columns, std::size_t panel_index) {
  return vectors > 1 && columns - panel_index * panel <= lanes;
}

/// Rows of one panel of c.
struct PanelRows {
  std::size_t panel_index;
  std::size_t begin;
  std::size_t count;  ///< a multiple of row_block
};

template <Finish F>
CPLAE_INLINE void product_panel(const Product& p, InnerBlock inner, PanelRows rows) {
  const std::size_t end = rows.begin + rows.count;
  if (is_narrow(p.c.columns, rows.panel_index))
    for (std::size_t row = rows.begin; row < end; row += row_block)
      panel_rows<F, row_block, 1>(p, inner, rows.panel_index, row);
  else
    for (std::size_t row = rows.begin; row < end; row += tile_rows)
      panel_rows<F, tile_rows, vectors>(p, inner, rows.panel_index, row);
}

template <Finish F>
void product_block(const Product& p, InnerBlock inner) {
  // A long panel of b passes all rows; a short a passes all panels.
  const std::size_t at_once = p.inner > inner_block ? p.rows : row_block;
  for (std::size_t begin = 0; begin < p.rows; begin += at_once)
    for (std::size_t c = 0; c < p.c.panels(); ++c)
      product_panel<F>(p, inner, {c, begin, at_once});
}

template <Finish F>
void product_and(const Product& p) {
  for (std::size_t begin = 0; begin < p.inner; begin += inner_block) {
    const std::size_t end = begin + inner_block;
    product_block<F>(p, {begin, end < p.inner ? end : p.inner});
  }
}

void product(const Product& p) {
  switch (p.finish) {
    case Finish::store:
      return product_and<Finish::store>(p);
    case Finish::add:
      return product_and<Finish::add>(p);
    case Finish::bias:
      return product_and<Finish::bias>(p);
    case Finish::bias_relu:
      return product_and<Finish::bias_relu>(p);
    case Finish::relu_derivative:
      return product_and<Finish::relu_derivative>(p);
    case Finish::add_relu_derivative:
      return product_and<Finish::add_relu_derivative>(p);
  }
}

/// Rows that a gradient is summed over at a time: so many of a panel of a and of d stay in the first-level
/// cache while all pairs of panels pass.
constexpr std::size_t gradient_rows = 128;

/// Some rows of a gradient; the sums go on from those in c unless they begin here.
struct GradientRows {
  std::size_t begin;
  std::size_t end;
};

/// Where a register tile of a gradient lies: from a column of a panel of a on, against a panel of d.
struct GradientPlace {
  std::size_t a_panel;
  std::size_t a_column;
  std::size_t d_panel;
};

/// R columns of a, against V vectors of a panel of d: sums over rows.
template <std::size_t R, std::size_t V>
CPLAE_INLINE void gradient_tile(const Gradient& g, GradientRows rows, GradientPlace at) {
  const float* a = g.a.at(at.a_panel, 0) + at.a_column;
  const float* d = g.d.at(at.d_panel, 0);
  float* c = g.c.at(at.d_panel, at.a_panel * panel + at.a_column);
  Sums<R, V> sums;
  if (rows.begin == 0)
    clear(sums);
  else
    take(c, sums);
#pragma GCC unroll 4
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    Vec right[V];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < V; ++v)
      right[v] = load(d + row * panel + v * lanes);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; ++r) {
      const Vec left = all(a[row * panel + r]);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < V; ++v)
        sums.at[r][v] += left * right[v];
    }
  }
  put(sums, c);
}

/// `count` columns of a, at most Most.
template <std::size_t Most, std::size_t V>
CPLAE_INLINE void gradient_rest(const Gradient& g, GradientRows rows, GradientPlace at, std::size_t count) {
  if constexpr (Most > 0) {
    if (count == Most) return gradient_tile<Most, V>(g, rows, at);
    gradient_rest<Most - 1, V>(g, rows, at, count);
  }
}

/// All columns of a panel of a against a panel of d.
template <std::size_t V>
CPLAE_INLINE void gradient_panel(const Gradient& g, GradientRows rows, GradientPlace at) {
  constexpr std::size_t most = V == 1 ? (lanes == 16 ? 16 : 8) : tile_rows;
  const std::size_t rest = g.a.columns - at.a_panel * panel;
  const std::size_t count = rest < panel ? rest : panel;
  // Sixteen columns as 6 + 5 + 5 or 3 x 5 + 1 rather than with a short rest: a short tile waits for its sums.
  for (std::size_t left = (count + most - 1) / most; left > 0; --left) {
    const std::size_t now = (count - at.a_column + left - 1) / left;
    gradient_rest<most, V>(g, rows, at, now);
    at.a_column += now;
  }
}

/// Columns of a last panel of d that are few enough to be multiplied by vectors of a, not a's by vectors of
/// it.
constexpr std::size_t thin = lanes == 16 ? 8 : lanes == 8 ? 4 : 3;

/// `columns` columns of the last panel of d against P panels of a: the same products and sums, transposed.
template <std::size_t Columns, std::size_t P>
CPLAE_INLINE void thin_tile(const Gradient& g, GradientRows rows, std::size_t k) {
  const std::size_t n = g.d.panels() - 1;
  const float* d = g.d.at(n, 0);
  Vec sums[Columns][P][vectors] = {};
  const auto each = [&](auto&& what) __attribute__((always_inline)) {
    for (std::size_t p = 0; p < P; ++p)
      for (std::size_t i = 0; i < panel && (k + p) * panel + i < g.a.columns; ++i)
        for (std::size_t column = 0; column < Columns; ++column)
          what(g.c.at(n, (k + p) * panel + i)[column], sums[column][p][i / lanes], i % lanes);
  };
  if (rows.begin > 0) each([](float& c, Vec& sum, std::size_t lane) { sum[lane] = c; });
  for (std::size_t row = rows.begin; row < rows.end; ++row)
#pragma GCC unroll 2
    for (std::size_t p = 0; p < P; ++p)
#pragma GCC unroll 4
      for (std::size_t v = 0; v < vectors; ++v) {
        const Vec left = load(g.a.at(k + p, row) + v * lanes);
#pragma GCC unroll 8
        for (std::size_t column = 0; column < Columns; ++column)
          sums[column][p][v] += left * all(d[row * panel + column]);
      }
  each([](float& c, const Vec& sum, std::size_t lane) { c = sum[lane]; });
}

template <std::size_t Most, std::size_t P>
CPLAE_INLINE void thin_rest(const Gradient& g, GradientRows rows, std::size_t k, std::size_t count) {
  if constexpr (Most > 0) {
    if (count == Most) return thin_tile<Most, P>(g, rows, k);
    thin_rest<Most - 1, P>(g, rows, k, count);
  }
}

/// The last panel of d, a thin one, against the panels [begin, end) of a, two at most.
CPLAE_INLINE void thin_panels(const Gradient& g, GradientRows rows, std::size_t begin, std::size_t end) {
  const std::size_t columns = g.d.columns - (g.d.panels() - 1) * panel;
  if (columns <= 2 && end == begin + 2) return thin_rest<2, 2>(g, rows, begin, columns);
  for (std::size_t k = begin; k < end; ++k)
    thin_rest<thin, 1>(g, rows, k, columns);
}

void gradient_block(const Gradient& g, GradientRows rows) {
  const std::size_t last = g.d.panels() - 1;
  const bool is_thin = g.d.columns - last * panel <= thin;
  const std::size_t panels = is_thin ? last : last + 1;
  const std::size_t a_panels = g.a.panels();
  for (std::size_t begin = 0; begin < a_panels; begin += 2) {
    const std::size_t end = begin + 2 < a_panels ? begin + 2 : a_panels;
    for (std::size_t k = begin; k < end; ++k)
      for (std::size_t n = 0; n < panels; ++n)
        if (is_narrow(g.d.columns, n))
          gradient_panel<1>(g, rows, {k, 0, n});
        else
          gradient_panel<vectors>(g, rows, {k, 0, n});
    if (is_thin) thin_panels(g, rows, begin, end);
  }
}

void gradient(const Gradient& g) {
  for (std::size_t begin = 0; begin < g.rows; begin += gradient_rows) {
    const std::size_t end = begin + gradient_rows;
    gradient_block(g, {begin, end < g.rows ? end : g.rows});
  }
}
