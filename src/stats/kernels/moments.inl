// Part of kernels.inl: the sums of the M step. Vectors are no wider than the partial sums are many, so that
// all instructions add the cells of a block in the same order.

constexpr std::size_t sum_lanes = lanes < partial_sums ? lanes : partial_sums;
constexpr std::size_t sum_packs = cell_block / sum_lanes;  ///< of a block
constexpr std::size_t strides = partial_sums / sum_lanes;  ///< packs of one set of partial sums

using SumVec = double __attribute__((vector_size(sum_lanes * sizeof(double))));
using SumMask = std::int64_t __attribute__((vector_size(sum_lanes * sizeof(double))));
using SumVecAt =
    double __attribute__((vector_size(sum_lanes * sizeof(double)), aligned(sizeof(double)), may_alias));

CPLAE_INLINE SumVec load_few(const double* at) {
  return *reinterpret_cast<const SumVecAt*>(at);
}
CPLAE_INLINE void store_few(double* at, SumVec value) {
  *reinterpret_cast<SumVecAt*>(at) = value;
}

/// Adds the block's moments of component c; for so few dimensions that all sums fit into registers.
/// inverse_total: [cell_block]
template <std::size_t D>
CPLAE_INLINE void add_few_moments(const MixtureStep& step, std::size_t c, const double* cells,
                                  const double* joint, const double* inverse_total) {
  const std::size_t column = step.blocks * cell_block;
  const double* mean = step.means + c * D;
  CPLAE_UNROLL for (std::size_t stride = 0; stride < strides; ++stride) {
    double* partial = step.partial + c * moments(D) * partial_sums + stride * sum_lanes;
    SumVec sums[moments(D)];
    for (std::size_t m = 0; m < moments(D); ++m)
      sums[m] = load_few(partial + m * partial_sums);
    CPLAE_UNROLL for (std::size_t g = stride; g < sum_packs; g += strides) {
      const double* own = cells + g * sum_lanes;
      const SumVec ratio = load_few(joint + g * sum_lanes) * load_few(inverse_total + g * sum_lanes);
      sums[0] += ratio;
      for (std::size_t i = 0, at = 1 + D; i < D; ++i) {
        const SumVec weighted = ratio * (load_few(own + i * column) - mean[i]);
        sums[1 + i] += weighted;
        for (std::size_t j = 0; j <= i; ++j, ++at)
          sums[at] += weighted * (load_few(own + j * column) - mean[j]);
      }
    }
    for (std::size_t m = 0; m < moments(D); ++m)
      store_few(partial + m * partial_sums, sums[m]);
  }
}

/// The same for any number of dimensions, one sum after the other.
template <std::size_t D>
CPLAE_INLINE void add_many_moments(const MixtureStep& step, std::size_t c, const double* cells,
                                   const double* joint, const double* inverse_total) {
  const std::size_t dim = D > 0 ? D : step.dim;
  const std::size_t column = step.blocks * cell_block;
  SumVec ratio[sum_packs];
  CPLAE_UNROLL for (std::size_t g = 0; g < sum_packs; ++g) {
    ratio[g] = load_few(joint + g * sum_lanes) * load_few(inverse_total + g * sum_lanes);
    for (std::size_t i = 0; i < dim; ++i)
      store_few(step.off + i * cell_block + g * sum_lanes,
                load_few(cells + i * column + g * sum_lanes) - step.means[c * dim + i]);
  }
  CPLAE_UNROLL for (std::size_t stride = 0; stride < strides; ++stride) {
    const double* off = step.off;
    double* first = step.partial + c * moments(dim) * partial_sums + stride * sum_lanes;
    double* second = first + (1 + dim) * partial_sums;
    SumVec sum = load_few(first);
    for (std::size_t g = stride; g < sum_packs; g += strides)
      sum += ratio[g];
    store_few(first, sum);
    for (std::size_t i = 0; i < dim; ++i) {
      first += partial_sums;
      SumVec weighted[sum_packs];
      sum = load_few(first);
      CPLAE_UNROLL for (std::size_t g = stride; g < sum_packs; g += strides) {
        weighted[g] = ratio[g] * load_few(off + i * cell_block + g * sum_lanes);
        sum += weighted[g];
      }
      store_few(first, sum);
      for (std::size_t j = 0; j <= i; ++j, second += partial_sums) {
        sum = load_few(second);
        CPLAE_UNROLL for (std::size_t g = stride; g < sum_packs; g += strides) sum +=
            weighted[g] * load_few(off + j * cell_block + g * sum_lanes);
        store_few(second, sum);
      }
    }
  }
}

template <std::size_t D>
CPLAE_INLINE void add_moments(const MixtureStep& step, std::size_t c, const double* cells,
                              const double* joint, const double* inverse_total) {
  if constexpr (D >= 1 && D <= 4) {
    add_few_moments<D>(step, c, cells, joint, inverse_total);
  } else {
    add_many_moments<D>(step, c, cells, joint, inverse_total);
  }
}
