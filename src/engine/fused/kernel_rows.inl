// Part of kernels.inl: what passes over rows or flat arrays once.

/// A vector of values; lanes beyond the last feature are 0.
template <bool Whole>
CPLAE_INLINE Vec values_at(const float* values, std::size_t column, std::size_t features) {
  if constexpr (Whole) return load(values + column);
  return truth_at(values, column, features);
}

/// 0 where an element is dropped. Bits are padded, so a whole vector of them can be read.
CPLAE_INLINE Vec dropped(const InputRow& row, std::size_t column, Vec x) {
  using Halves = std::uint16_t
      __attribute__((vector_size(lanes * sizeof(std::uint16_t)), aligned(sizeof(std::uint16_t)), may_alias));
  const Mask bits = __builtin_convertvector(*reinterpret_cast<const Halves*>(row.halves + column), Mask);
  return bits < static_cast<std::int32_t>(row.threshold) - Mask{} ? Vec{} : x * row.scale;
}

template <bool Noise, bool Drop, bool Whole>
CPLAE_INLINE void input_panel(const InputRow& row, std::size_t panel_index) {
  float* to = row.out.at(panel_index, row.row);
  __builtin_prefetch(row.next + panel_index * panel);
  // Panels lie far apart: no processor guesses where the next row of this one will be written.
  __builtin_prefetch(to + 2 * panel, 1);
#pragma GCC unroll 4
  for (std::size_t v = 0; v < vectors; ++v) {
    const std::size_t column = panel_index * panel + v * lanes;
    Vec x = values_at<Whole>(row.values, column, row.features);
    x = x == x ? x : Vec{};
    if constexpr (Noise)
      x += values_at<Whole>(row.normals, column, row.features) *
           values_at<Whole>(row.noise_sd, column, row.features);
    if constexpr (Drop) x = dropped(row, column, x);
    store(to + v * lanes, x);
  }
}

template <bool Noise, bool Drop>
void input_panels(const InputRow& row) {
  const std::size_t whole = row.features / panel;
  for (std::size_t c = 0; c < whole; ++c)
    input_panel<Noise, Drop, true>(row, c);
  if (whole * panel < row.features) input_panel<Noise, Drop, false>(row, whole);
}

void input_row(const InputRow& row) {
  const bool drops = row.halves != nullptr;
  if (row.normals != nullptr) return drops ? input_panels<true, true>(row) : input_panels<true, false>(row);
  return drops ? input_panels<false, true>(row) : input_panels<false, false>(row);
}

template <std::size_t V>
CPLAE_INLINE void panel_sums(const float* at, std::size_t rows, float* out) {
  Vec sums[V] = {};
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t v = 0; v < V; ++v)
      sums[v] += load(at + row * panel + v * lanes);
  for (std::size_t v = 0; v < V; ++v)
    store(out + v * lanes, sums[v]);
}

void column_sums(const Tiles& values, std::size_t rows, float* out) {
  for (std::size_t c = 0; c < values.panels(); ++c)
    if (is_narrow(values.columns, c))
      panel_sums<1>(values.at(c, 0), rows, out + c * panel);
    else
      panel_sums<vectors>(values.at(c, 0), rows, out + c * panel);
}

template <std::int32_t... I>
struct Lanes {};
template <std::int32_t N, std::int32_t... I>
struct LanesTo : LanesTo<N - 1, N - 1, I...> {};
template <std::int32_t... I>
struct LanesTo<0, I...> {
  using Type = Lanes<I...>;
};

/// Lanes by turns of a, where a bit of their number is 0, and of b; each as it is where the bit is 0 (or,
/// Upper, 1).
template <std::int32_t Bit, bool Upper, std::int32_t... I>
CPLAE_INLINE Vec exchanged(Vec a, Vec b, Lanes<I...>) {
  constexpr auto count = static_cast<std::int32_t>(lanes);
  return __builtin_shuffle(a, b, Mask{((I & Bit) != 0 ? count : 0) + (Upper ? I | Bit : I & ~Bit)...});
}

/// Squares of `lanes` rows: exchanges of blocks of Bit rows, and of all smaller ones before.
template <std::int32_t Bit>
CPLAE_INLINE void exchange(Vec (&rows)[lanes]) {
  if constexpr (Bit > 1) exchange<Bit / 2>(rows);
  constexpr typename LanesTo<static_cast<std::int32_t>(lanes)>::Type all_lanes;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < lanes; ++i)
    if ((i & Bit) == 0) {
      const Vec a = rows[i];
      const Vec b = rows[i + Bit];
      rows[i] = exchanged<Bit, false>(a, b, all_lanes);
      rows[i + Bit] = exchanged<Bit, true>(a, b, all_lanes);
    }
}

/// A square of `lanes` rows and columns, both a panel's row apart; the first `columns` rows of the outcome.
CPLAE_INLINE void transpose_square(const float* from, float* to, std::size_t columns) {
  Vec rows[lanes];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < lanes; ++i)
    rows[i] = load(from + i * panel);
  exchange<static_cast<std::int32_t>(lanes / 2)>(rows);
#pragma GCC unroll 16
  for (std::size_t i = 0; i < lanes; ++i)
    if (i < columns) store(to + i * panel, rows[i]);
}

/// Rows [begin, end) of one panel, one by one: fewer than a square.
CPLAE_INLINE void transpose_rest(const Tiles& a, const Tiles& out, std::size_t panel_index, std::size_t begin,
                                 std::size_t end) {
  for (std::size_t row = begin; row < end; ++row)
    for (std::size_t column = panel_index * panel; column < (panel_index + 1) * panel && column < a.columns;
         ++column)
      out(column, row) = a(row, column);
}

void transpose(const Tiles& a, std::size_t rows, const Tiles& out) {
  const std::size_t whole = rows / lanes * lanes;
  for (std::size_t c = 0; c < a.panels(); ++c) {
    for (std::size_t row = 0; row < whole; row += lanes)
      for (std::size_t column = 0; column < panel && c * panel + column < a.columns; column += lanes)
        transpose_square(a.at(c, row) + column, out.at(row / panel, c * panel + column) + row % panel,
                         a.columns - c * panel - column);
    transpose_rest(a, out, c, whole, rows);
  }
}

void adam(const AdamStep& step) {
  constexpr float beta1 = 0.9F;
  constexpr float beta2 = 0.999F;
  constexpr float epsilon = 1e-7F;
  const Vec tiny = all(1e-30F);
  for (std::size_t i = 0; i < step.count; i += lanes) {
    const Vec g = load(step.gradients + i);
    Vec m = load(step.first + i) * beta1 + g * static_cast<float>(1.0 - 0.9);
    Vec v = load(step.second + i) * beta2 + g * g * static_cast<float>(1.0 - 0.999);
    // Moments of a unit that never fires decay into the numbers that processors are slow at, and stay there.
    m = (m < tiny) & (m > -tiny) ? Vec{} : m;
    v = v < tiny ? Vec{} : v;
    Vec root;
    for (std::size_t lane = 0; lane < lanes; ++lane)
      root[lane] = __builtin_sqrtf(v[lane]);
    store(step.first + i, m);
    store(step.second + i, v);
    store(step.parameters + i, load(step.parameters + i) * step.decay - step.rate * m / (root + epsilon));
  }
}
