#include "mixture_pass.hpp"

#include <algorithm>
#include <cmath>

#include "pack.hpp"

namespace cplae::stats {

// Plain pointers for the inner loops.
struct MixturePass::View {
  bool wide;
  std::size_t cells;
  std::size_t padded;
  std::size_t dim;
  std::size_t components;
  const double* columns;
  const MixtureParameters* parameters;
  double* joint;
  double* partial;
  double* off;
};

namespace {

constexpr std::size_t block = 64;
constexpr std::size_t packs = block / lanes;

constexpr std::size_t moments(std::size_t dim) {
  return 1 + dim + triangle(dim);
}

/// Packs of one cell group: in registers where the dimension is known at compile time, else (D = 0) in the
/// memory given.
template <std::size_t N>
struct Packs {
  Pack values[N];
  CPLAE_INLINE Pack* at(double*) { return values; }
};
template <>
struct Packs<0> {
  CPLAE_INLINE PackAt* at(double* memory) { return pack_at(memory); }
};

/// log(weight density) of component c at the cells of a block, and the highest so far.
template <std::size_t D>
CPLAE_INLINE void log_joint(const MixturePass::View& view, std::size_t c, std::size_t start, Pack* highest) {
  const std::size_t dim = D > 0 ? D : view.dim;
  const double* mean = view.parameters->means.data() + c * dim;
  const double* inverse = view.parameters->inverse_cholesky.data() + c * triangle(dim);
  const double constant = view.parameters->log_constants[c];
  Packs<D> registers;
  auto* off = registers.at(view.off);
  for (std::size_t g = 0; g < packs; ++g) {
    Pack squares = {};
    for (std::size_t i = 0; i < dim; ++i) {
      off[i] = *pack_at(view.columns + i * view.padded + start + g * lanes) - mean[i];
      Pack projected = {};
      for (std::size_t j = 0; j <= i; ++j)
        projected += inverse[triangle(i) + j] * off[j];
      squares += projected * projected;
    }
    const Pack value = constant - 0.5 * squares;
    *pack_at(view.joint + c * block + g * lanes) = value;
    highest[g] = value > highest[g] ? value : highest[g];
  }
}

/// Turns log joint densities into exp(. - highest) and adds them up over components.
CPLAE_INLINE void exponentiate(const MixturePass::View& view, const Pack* highest, Pack* total) {
  for (std::size_t c = 0; c < view.components; ++c) {
    for (std::size_t g = 0; g < packs; ++g) {
      PackAt* joint = pack_at(view.joint + c * block + g * lanes);
      Pack value = *joint - highest[g];
      exponential(value);
      *joint = value;
      total[g] += value;
    }
  }
}

/// Sum of log-likelihoods of the block's cells; turns `total` into its inverse, 0 for the padding. Totals lie
/// in [1, components], so the product of 64 is within range and one logarithm does for all.
CPLAE_INLINE double log_sum(const Pack* highest, Pack* total, std::size_t count) {
  double sum = 0;
  double product = 1;
  for (std::size_t i = 0; i < block; ++i) {
    const std::size_t g = i / lanes;
    const std::size_t lane = i % lanes;
    if (i < count) {
      sum += highest[g][lane];
      product *= total[g][lane];
    }
    total[g][lane] = i < count ? 1.0 / total[g][lane] : 0.0;
  }
  return sum + std::log(product);
}

/// Adds the block's moments of component c: sum r, sum r (x - m), sum r (x - m)(x - m)^T.
template <std::size_t D>
CPLAE_INLINE void add_moments(const MixturePass::View& view, std::size_t c, std::size_t start,
                              const Pack* inverse_total) {
  const std::size_t dim = D > 0 ? D : view.dim;
  const double* mean = view.parameters->means.data() + c * dim;
  double* partial = view.partial + c * moments(dim) * lanes;
  Packs<D> off_registers;
  auto* off = off_registers.at(view.off);
  Packs<D == 0 ? 0 : moments(D)> sum_registers;
  auto* sums = sum_registers.at(partial);
  if (D > 0) {
    for (std::size_t m = 0; m < moments(D); ++m)
      sums[m] = *pack_at(partial + m * lanes);
  }
  for (std::size_t g = 0; g < packs; ++g) {
    const Pack r = *pack_at(view.joint + c * block + g * lanes) * inverse_total[g];
    sums[0] += r;
    for (std::size_t i = 0, at = 1 + dim; i < dim; ++i) {
      off[i] = *pack_at(view.columns + i * view.padded + start + g * lanes) - mean[i];
      const Pack weighted = r * off[i];
      sums[1 + i] += weighted;
      for (std::size_t j = 0; j <= i; ++j, ++at)
        sums[at] += weighted * off[j];
    }
  }
  if (D > 0) {
    for (std::size_t m = 0; m < moments(D); ++m)
      *pack_at(partial + m * lanes) = sums[m];
  }
}

template <std::size_t D>
CPLAE_INLINE double pass(const MixturePass::View& view) {
  double log_likelihood = 0;
  for (std::size_t start = 0; start < view.cells; start += block) {
    Pack highest[packs];
    Pack total[packs];
    for (std::size_t g = 0; g < packs; ++g) {
      highest[g] = Pack{-1e300, -1e300, -1e300, -1e300};
      total[g] = Pack{};
    }
    for (std::size_t c = 0; c < view.components; ++c)
      log_joint<D>(view, c, start, highest);
    exponentiate(view, highest, total);
    log_likelihood += log_sum(highest, total, std::min(block, view.cells - start));
    for (std::size_t c = 0; c < view.components; ++c)
      add_moments<D>(view, c, start, total);
  }
  return log_likelihood / static_cast<double>(view.cells);
}

#if defined(__x86_64__)
bool has_wide() {
  return __builtin_cpu_supports("avx2") != 0;
}
// AVX2 without fused multiply-add: the same roundings as the baseline in half the instructions.
template <std::size_t D>
__attribute__((target("avx2"))) double pass_wide(const MixturePass::View& view) {
  return pass<D>(view);
}
#else
bool has_wide() {
  return false;
}
template <std::size_t D>
double pass_wide(const MixturePass::View& view) {
  return pass<D>(view);
}
#endif

template <std::size_t D>
double pass_here(const MixturePass::View& view) {
  return view.wide ? pass_wide<D>(view) : pass<D>(view);
}

double pass_of_dim(const MixturePass::View& view) {
  switch (view.dim) {
    case 1:
      return pass_here<1>(view);
    case 2:
      return pass_here<2>(view);
    case 3:
      return pass_here<3>(view);
    case 4:
      return pass_here<4>(view);
    case 5:
      return pass_here<5>(view);
    default:
      return pass_here<0>(view);
  }
}

double sum_of_lanes(const double* partial) {
  return (partial[0] + partial[1]) + (partial[2] + partial[3]);
}

}  // namespace

MixturePass::MixturePass(const MatrixD& values, std::size_t components, Instructions instructions)
    : wide_(instructions == Instructions::best && has_wide()),
      cells_(static_cast<std::size_t>(values.rows())),
      dim_(static_cast<std::size_t>(values.cols())),
      components_(components),
      padded_((cells_ + block - 1) / block * block),
      columns_(dim_ * padded_),
      joint_(components * block),
      partial_(components * moments(dim_) * lanes),
      off_(dim_ * lanes) {
  for (std::size_t j = 0; j < dim_; ++j) {
    for (std::size_t i = 0; i < padded_; ++i) {
      columns_[j * padded_ + i] = values.data()[std::min(i, cells_ - 1) * dim_ + j];
    }
  }
}

MixtureSums MixturePass::make_sums() const {
  return {std::vector<double>(components_), std::vector<double>(components_ * dim_),
          std::vector<double>(components_ * triangle(dim_))};
}

double MixturePass::run(const MixtureParameters& parameters, MixtureSums& sums) {
  std::fill(partial_.begin(), partial_.end(), 0.0);
  const View view{.wide = wide_,
                  .cells = cells_,
                  .padded = padded_,
                  .dim = dim_,
                  .components = components_,
                  .columns = columns_.data(),
                  .parameters = &parameters,
                  .joint = joint_.data(),
                  .partial = partial_.data(),
                  .off = off_.data()};
  const double mean_log_likelihood = pass_of_dim(view);
  for (std::size_t c = 0; c < components_; ++c) {
    const double* partial = partial_.data() + c * moments(dim_) * lanes;
    sums.weight[c] = sum_of_lanes(partial);
    for (std::size_t j = 0; j < dim_; ++j)
      sums.first[c * dim_ + j] = sum_of_lanes(partial + (1 + j) * lanes);
    for (std::size_t at = 0; at < triangle(dim_); ++at) {
      sums.second[c * triangle(dim_) + at] = sum_of_lanes(partial + (1 + dim_ + at) * lanes);
    }
  }
  return mean_log_likelihood;
}

}  // namespace cplae::stats
