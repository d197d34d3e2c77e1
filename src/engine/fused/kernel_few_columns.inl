// Part of kernels.inl: the last one or two columns of a product, such as those beyond 48 of 50. Across
// columns they would cost half a panel; so vectors lie along the summed index instead, in sixteen sums
// whatever their width, which are then added in pairs.

constexpr std::size_t most_few_columns = 2;
constexpr std::size_t few_rows_at_once = 4;

/// How many columns of a last panel are summed so; 0: none.
CPLAE_INLINE std::size_t few_columns_of(std::size_t columns) {
  const std::size_t rest = columns % panel;
  return columns > panel && rest <= most_few_columns ? rest : 0;
}

/// Columns of b one behind the other, padded to a panel with 0.
struct FewColumns {
  alignas(panel * sizeof(float)) float at[most_few_columns][inner_block];
};

CPLAE_INLINE void pack(const Product& p, InnerBlock inner, std::size_t count, FewColumns& columns) {
  const float* from = p.b.at(p.c.panels() - 1, inner.begin);
  const std::size_t length = inner.end - inner.begin;
  for (std::size_t k = 0; k < inner_block && k < length + panel; ++k)
    for (std::size_t c = 0; c < count; ++c)
      columns.at[c][k] = k < length ? from[k * panel + c] : 0;
}

/// Two rows of a against C columns: sums [row x column], each vector a part of one.
template <std::size_t C>
CPLAE_INLINE void sum_two_rows(const float* a, std::size_t a_panel, const FewColumns& b, std::size_t length,
                               Vec* out) {
  Vec sums[2][C][vectors] = {};
  for (std::size_t k = 0; k < length; k += panel, a += a_panel)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < vectors; ++v)
#pragma GCC unroll 2
      for (std::size_t c = 0; c < C; ++c) {
        const Vec right = load(b.at[c] + k + v * lanes);
#pragma GCC unroll 2
        for (std::size_t r = 0; r < 2; ++r)
          sums[r][c][v] += load(a + r * panel + v * lanes) * right;
      }
#pragma GCC unroll 2
  for (std::size_t r = 0; r < 2; ++r)
#pragma GCC unroll 2
    for (std::size_t c = 0; c < C; ++c) {
      auto& parts = sums[r][c];
      for (std::size_t half = vectors / 2; half > 0; half /= 2)
        for (std::size_t v = 0; v < half; ++v)
          parts[v] += parts[v + half];
      out[r * C + c] = parts[0];
    }
}

/// The sum over the lanes of each of so many vectors, `lanes` at a time, in a vector's lanes.
CPLAE_INLINE Vec lane_sums(Vec (&parts)[lanes]) {
  exchange<static_cast<std::int32_t>(lanes / 2)>(parts);
  for (std::size_t half = lanes / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i)
      parts[i] += parts[i + half];
  return parts[0];
}

/// sums[row x column] of few_rows_at_once rows.
template <std::size_t C>
CPLAE_INLINE void sum_few(const float* a, std::size_t a_panel, const FewColumns& b, std::size_t length,
                          float* sums) {
  constexpr std::size_t count = few_rows_at_once * C;
  constexpr std::size_t groups = (count + lanes - 1) / lanes;
  Vec parts[groups][lanes] = {};
  for (std::size_t r = 0; r < few_rows_at_once; r += 2)
    sum_two_rows<C>(a + r * panel, a_panel, b, length, &parts[0][0] + r * C);
  for (std::size_t g = 0; g < groups; ++g)
    store(sums + g * lanes, lane_sums(parts[g]));
}

template <Finish F, std::size_t C>
CPLAE_INLINE void few_rows_of(const Product& p, InnerBlock inner, const FewColumns& columns, PanelRows rows) {
  float sums[few_rows_at_once * C + lanes];
  for (std::size_t row = rows.begin; row < rows.begin + rows.count; row += few_rows_at_once) {
    sum_few<C>(p.a.at(inner.begin / panel, row), p.a.rows * panel, columns, inner.end - inner.begin, sums);
    for (std::size_t r = 0; r < few_rows_at_once; ++r) {
      const std::size_t at = (rows.panel_index * p.c.rows + row + r) * panel;
      Vec sum{};
      for (std::size_t c = 0; c < C; ++c)
        sum[c] = sums[r * C + c];
      if (inner.begin > 0 || F == Finish::add || F == Finish::add_relu_derivative) sum += load(p.c.data + at);
      store(p.c.data + at, inner.end < p.inner ? sum : finished<F>(p, rows.panel_index * panel, at, sum));
    }
  }
}

template <Finish F>
CPLAE_INLINE void few_rows(const Product& p, InnerBlock inner, const FewColumns& columns, PanelRows rows) {
  if (few_columns_of(p.c.columns) == 1) return few_rows_of<F, 1>(p, inner, columns, rows);
  few_rows_of<F, 2>(p, inner, columns, rows);
}
