// Part of kernels.inl: products with an encoder's input, most of which is 0 after dropout. A term that is left
// out would have added 0, so the bits are those of the dense products.

#if CPLAE_LANES == 8 && defined(__AVX2__)

/// For each set of lanes, the order that brings them to the front.
struct FrontOrders {
  std::int32_t of[256][lanes];

  constexpr FrontOrders() : of() {
    for (std::size_t set = 0; set < 256; ++set) {
      std::size_t front = 0;
      for (std::int32_t lane = 0; lane < 8; ++lane)
        if ((set >> static_cast<std::size_t>(lane)) & 1U) of[set][front++] = lane;
    }
  }
};
alignas(32) constexpr FrontOrders front_orders;

/// Writes the lanes of x that are not 0, and their places, to the front of `values` and `places`; returns how
/// many. A whole vector may be written.
CPLAE_INLINE std::size_t write_entries(Vec x, std::int32_t place, float* values, std::int32_t* places) {
  using MaskAt = std::int32_t __attribute__((vector_size(32), aligned(4), may_alias));
  const auto zero = static_cast<std::uint32_t>(
      __builtin_ia32_movmskps256(reinterpret_cast<Vec>(static_cast<Mask>(x != Vec{}))));
  const Mask order = *reinterpret_cast<const MaskAt*>(front_orders.of[zero]);
  store(values, __builtin_shuffle(x, order));
  *reinterpret_cast<MaskAt*>(places) = order * static_cast<std::int32_t>(panel) + place;
  return static_cast<std::size_t>(__builtin_popcount(zero));
}

#else

CPLAE_INLINE std::size_t write_entries(Vec x, std::int32_t place, float* values, std::int32_t* places) {
  std::size_t count = 0;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const float value = x[lane];
    values[count] = value;
    places[count] = place + static_cast<std::int32_t>(lane * panel);
    count += value != 0 ? 1 : 0;
  }
  return count;
}

#endif

void sparse_row(const InputRow& row, const SparseRows& out) {
  for (std::size_t block = 0; block * sparse_block < row.features; ++block) {
    std::uint32_t* starts = out.starts + block * (out.rows + 1) + row.row;
    float* values = out.values + block * out.capacity() + starts[0];
    std::int32_t* places = out.places + block * out.capacity() + starts[0];
    std::size_t count = 0;
    const std::size_t begin = block * sparse_block;
    const std::size_t end = begin + sparse_block < row.features ? begin + sparse_block : row.features;
    for (std::size_t column = begin; column < end; column += lanes) {
      __builtin_prefetch(row.next + column);
      const auto place = static_cast<std::int32_t>((column - begin) * panel);
      count += write_entries(input_vector(row, column), place, values + count, places + count);
    }
    starts[1] = starts[0] + static_cast<std::uint32_t>(count);
  }
}

/// Vectors of a row that pass together.
constexpr std::size_t most_vectors = 8;

/// A block of the input's columns against some vectors of the other matrix's rows, beginning at a panel.
struct SparseBlock {
  std::size_t block;
  std::size_t first_panel;
};

template <std::size_t V>
CPLAE_INLINE void sparse_product_block(const SparseProduct& p, SparseBlock at) {
  const std::size_t panel_floats = p.b.rows * panel;
  const float* b = p.b.at(at.first_panel, at.block * sparse_block);
  const bool is_last = (at.block + 1) * sparse_block >= p.a.features;
  const float* values = p.a.values + at.block * p.a.capacity();
  const std::int32_t* places = p.a.places + at.block * p.a.capacity();
  const std::uint32_t* starts = p.a.starts + at.block * (p.a.rows + 1);
  const std::size_t c_panel = p.c.rows * panel;
  std::size_t entry = 0;
  for (std::size_t row = 0; row < p.rows; ++row) {
    Vec sums[V];
    float* c = p.c.at(at.first_panel, row);
#pragma GCC unroll 8
    for (std::size_t v = 0; v < V; ++v)
      sums[v] = at.block == 0 ? Vec{} : load(c + v / vectors * c_panel + v % vectors * lanes);
    for (; entry < starts[row + 1]; ++entry) {
      const float* from = b + places[entry];
      const Vec value = all(values[entry]);
#pragma GCC unroll 8
      for (std::size_t v = 0; v < V; ++v)
        sums[v] += value * load(from + v / vectors * panel_floats + v % vectors * lanes);
    }
#pragma GCC unroll 8
    for (std::size_t v = 0; v < V; ++v) {
      Vec sum = sums[v];
      if (is_last) {
        sum += load(p.bias + at.first_panel * panel + v * lanes);
        if (p.relu) sum = sum < Vec{} ? Vec{} : sum;
      }
      store(c + v / vectors * c_panel + v % vectors * lanes, sum);
    }
  }
}

template <std::size_t V>
CPLAE_INLINE void sparse_gradient_block(const SparseGradient& g, SparseBlock at) {
  const std::size_t panel_floats = g.c.rows * panel;
  float* c = g.c.at(at.first_panel, at.block * sparse_block);
  const std::size_t rest = g.a.features - at.block * sparse_block;
  const std::size_t columns = rest < sparse_block ? rest : sparse_block;
  for (std::size_t v = 0; v < V; ++v)
    for (std::size_t k = 0; k < columns; ++k)
      store(c + v / vectors * panel_floats + k * panel + v % vectors * lanes, Vec{});
  const float* values = g.a.values + at.block * g.a.capacity();
  const std::int32_t* places = g.a.places + at.block * g.a.capacity();
  const std::uint32_t* starts = g.a.starts + at.block * (g.a.rows + 1);
  std::size_t entry = 0;
  for (std::size_t row = 0; row < g.rows; ++row) {
    Vec d[V];
#pragma GCC unroll 8
    for (std::size_t v = 0; v < V; ++v)
      d[v] = load(g.d.at(at.first_panel + v / vectors, row) + v % vectors * lanes);
    for (; entry < starts[row + 1]; ++entry) {
      float* to = c + places[entry];
      const Vec value = all(values[entry]);
#pragma GCC unroll 8
      for (std::size_t v = 0; v < V; ++v) {
        float* element = to + v / vectors * panel_floats + v % vectors * lanes;
        store(element, load(element) + value * d[v]);
      }
    }
  }
}

/// Calls `of` with a constant number of vectors, at most V.
template <std::size_t V, class Call>
CPLAE_INLINE void with_vectors(std::size_t count, const Call& of) {
  if (count == V) return of.template operator()<V>();
  if constexpr (V > 1) with_vectors<V - 1>(count, of);
}

/// Every block of columns, against every group of vectors.
template <class Call>
CPLAE_INLINE void for_sparse_blocks(std::size_t features, std::size_t columns, const Call& of) {
  const std::size_t all_vectors = (columns + lanes - 1) / lanes;
  for (std::size_t block = 0; block * sparse_block < features; ++block)
    for (std::size_t done = 0; done < all_vectors; done += most_vectors) {
      const std::size_t left = all_vectors - done;
      of(SparseBlock{block, done / vectors}, left < most_vectors ? left : most_vectors);
    }
}

void sparse_product(const SparseProduct& p) {
  for_sparse_blocks(p.a.features, p.b.columns, [&](SparseBlock at, std::size_t count) {
    with_vectors<most_vectors>(count, [&]<std::size_t V>() { sparse_product_block<V>(p, at); });
  });
}

void sparse_gradient(const SparseGradient& g) {
  for_sparse_blocks(g.a.features, g.d.columns, [&](SparseBlock at, std::size_t count) {
    with_vectors<most_vectors>(count, [&]<std::size_t V>() { sparse_gradient_block<V>(g, at); });
  });
}
