// Part of kernels.inl: squared Euclidean distances.

template <std::size_t D>
CPLAE_INLINE Vec squared_distance(const Centres& view, const double* cells, const double* centre) {
  const std::size_t dim = D > 0 ? D : view.dim;
  Vec square = {};
  for (std::size_t j = 0; j < dim; ++j) {
    const Vec off = load(cells + j * view.cells) - centre[j];
    square += off * off;
  }
  return square;
}

template <std::size_t D>
void nearest_of_dim(const Centres& view, double* squares, std::int64_t* owners) {
  const std::size_t dim = D > 0 ? D : view.dim;
  for (std::size_t start = 0; start < view.cells; start += cell_block) {
    Vec least[packs];
    Mask owner[packs];
    for (std::size_t g = 0; g < packs; ++g) {
      least[g] = squared_distance<D>(view, view.columns + start + g * lanes, view.centres);
      owner[g] = Mask{};
    }
    for (std::size_t c = 1; c < view.clusters; ++c) {
      for (std::size_t g = 0; g < packs; ++g) {
        const Vec square =
            squared_distance<D>(view, view.columns + start + g * lanes, view.centres + c * dim);
        const Mask nearer = square < least[g];
        least[g] = nearer ? square : least[g];
        owner[g] = nearer ? static_cast<std::int64_t>(c) - Mask{} : owner[g];
      }
    }
    for (std::size_t g = 0; g < packs; ++g) {
      store(squares + start + g * lanes, least[g]);
      *reinterpret_cast<MaskAt*>(owners + start + g * lanes) = owner[g];
    }
  }
}

void nearest(const Centres& view, double* squares, std::int64_t* owners) {
  if (view.dim == 3) return nearest_of_dim<3>(view, squares, owners);
  if (view.dim == 2) return nearest_of_dim<2>(view, squares, owners);
  nearest_of_dim<0>(view, squares, owners);
}

template <std::size_t D>
double closer_of_dim(const Centres& view, const double* squares, std::size_t count, double* out) {
  Vec sums[packs] = {};
  for (std::size_t start = 0; start < view.cells; start += cell_block) {
    for (std::size_t g = 0; g < packs; ++g) {
      const std::size_t at = start + g * lanes;
      const Vec square = squared_distance<D>(view, view.columns + at, view.centres);
      const Vec before = load(squares + at);
      const Vec least = square < before ? square : before;
      store(out + at, least);
      if (at + lanes <= count) {
        sums[g] += least;
        continue;
      }
      for (std::size_t lane = 0; at + lane < count; ++lane)
        sums[g][lane] += least[lane];
    }
  }
  double lane_sums[cell_block];
  for (std::size_t g = 0; g < packs; ++g)
    store(lane_sums + g * lanes, sums[g]);
  double sum = 0;
  for (const double lane : lane_sums)
    sum += lane;
  return sum;
}

double closer(const Centres& view, const double* squares, std::size_t count, double* out) {
  if (view.dim == 3) return closer_of_dim<3>(view, squares, count, out);
  if (view.dim == 2) return closer_of_dim<2>(view, squares, count, out);
  return closer_of_dim<0>(view, squares, count, out);
}
