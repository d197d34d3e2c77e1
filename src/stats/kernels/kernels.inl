// The kernels, for one set of instructions: included by kernels_<instructions>.cpp, which say which
// (CPLAE_INSTRUCTIONS, a namespace) and how many doubles a vector holds (CPLAE_LANES).
//
// Everything here is in a namespace of its own and calls no inline function of a library: the linker keeps
// one copy of those for the whole program, and it must not be one with instructions that a processor lacks.
#include <cstddef>
#include <cstdint>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "kernels/kernels.hpp"

#define CPLAE_UNROLL _Pragma("GCC unroll 8")

namespace cplae::stats::CPLAE_INSTRUCTIONS {

namespace {

constexpr std::size_t lanes = CPLAE_LANES;
constexpr std::size_t packs = cell_block / lanes;  ///< of a block

using Vec = double __attribute__((vector_size(lanes * sizeof(double))));
using Mask = std::int64_t __attribute__((vector_size(lanes * sizeof(double))));
using Bits = std::uint64_t __attribute__((vector_size(lanes * sizeof(double))));  ///< may overflow
using VecAt = double __attribute__((vector_size(lanes * sizeof(double)), aligned(sizeof(double)), may_alias));
using MaskAt =
    std::int64_t __attribute__((vector_size(lanes * sizeof(double)), aligned(sizeof(double)), may_alias));

CPLAE_INLINE Vec load(const double* at) {
  return *reinterpret_cast<const VecAt*>(at);
}
CPLAE_INLINE void store(double* at, Vec value) {
  *reinterpret_cast<VecAt*>(at) = value;
}
CPLAE_INLINE Vec all(double value) {
  return value - Vec{};
}
CPLAE_INLINE Vec magnitude(Vec x) {
  return reinterpret_cast<Vec>(reinterpret_cast<Mask>(x) & (INT64_MAX - Mask{}));
}
CPLAE_INLINE Vec larger(Vec a, Vec b) {
  return a > b ? a : b;
}
/// One bit a lane.
CPLAE_INLINE unsigned bits_of(Mask mask) {
#if defined(__AVX512DQ__)
  return _mm512_movepi64_mask(reinterpret_cast<__m512i>(mask));
#elif defined(__AVX2__) && CPLAE_LANES == 4
  return static_cast<unsigned>(_mm256_movemask_pd(reinterpret_cast<__m256d>(mask)));
#else
  unsigned bits = 0;
  for (std::size_t lane = 0; lane < lanes; ++lane)
    bits |= static_cast<unsigned>(mask[lane] & 1) << lane;
  return bits;
#endif
}

#include "kernels/distances.inl"
#include "kernels/exponential.inl"
#include "kernels/moments.inl"

#include "kernels/mixture.inl"  // uses the two above it
#include "kernels/products.inl"

#define CPLAE_TEXT(word) #word
#define CPLAE_NAME(word) CPLAE_TEXT(word)

constexpr Kernels table{
    mixture_step, nearest, closer, exponentials, add_symmetric_product, CPLAE_NAME(CPLAE_INSTRUCTIONS)};

}  // namespace

}  // namespace cplae::stats::CPLAE_INSTRUCTIONS
