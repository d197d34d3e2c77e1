// Part of kernels.inl: what passes over rows or flat arrays once.

CPLAE_INLINE Vec input_values(const InputRow& row, std::size_t column) {
  Vec x = truth_at(row.values, column, row.features);
  x = x == x ? x : Vec{};
  if (row.normals != nullptr)
    x += truth_at(row.normals, column, row.features) * truth_at(row.noise_sd, column, row.features);
  return x;
}

CPLAE_INLINE Vec kept(const InputRow& row, std::size_t column, Vec x) {
  // Words are padded, so a whole vector of them can be read; the values beyond the last are 0 anyway.
  using MaskAt =
      std::uint32_t __attribute__((vector_size(lanes * sizeof(float)), aligned(sizeof(float)), may_alias));
  const Mask bits = reinterpret_cast<Mask>(*reinterpret_cast<const MaskAt*>(row.words + column) >> 8U);
  return bits < static_cast<std::int32_t>(row.threshold) - Mask{} ? Vec{} : x * row.scale;
}

void input_row(const InputRow& row) {
  for (std::size_t column = 0; column < row.features; column += lanes) {
    __builtin_prefetch(row.next + column);
    Vec x = input_values(row, column);
    if (row.words != nullptr) x = kept(row, column, x);
    store(row.out.at(column / panel, row.row) + column % panel, x);
  }
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

void transpose(const Tiles& a, std::size_t rows, const Tiles& out) {
  for (std::size_t c = 0; c < a.panels(); ++c) {
    const std::size_t rest = a.columns - c * panel;
    const std::size_t columns = rest < panel ? rest : panel;
    for (std::size_t row = 0; row < rows; ++row) {
      const float* from = a.at(c, row);
      float* to = out.at(row / panel, c * panel) + row % panel;
      for (std::size_t j = 0; j < columns; ++j)
        to[j * panel] = from[j];
    }
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
    store(step.parameters + i, load(step.parameters + i) - step.rate * m / (root + epsilon));
  }
}
