#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Inlined into its caller, and so compiled for the caller's instruction set.
#define CPLAE_INLINE inline __attribute__((always_inline))

namespace cplae::stats {

constexpr std::size_t lanes = 4;

/// Four doubles: one AVX register, or two of SSE2 or NEON. Operations act lane by lane, so the bits are the
/// same on all of them.
using Pack = double __attribute__((vector_size(lanes * sizeof(double))));
/// A pack anywhere in an array of doubles.
using PackAt =
    double __attribute__((vector_size(lanes * sizeof(double)), aligned(sizeof(double)), may_alias));

CPLAE_INLINE PackAt* pack_at(double* at) {
  return reinterpret_cast<PackAt*>(at);
}
CPLAE_INLINE const PackAt* pack_at(const double* at) {
  return reinterpret_cast<const PackAt*>(at);
}

/// x becomes exp(x), x <= 0, within two units in the last place; below -708 it becomes about 3e-308.
/// Cody-Waite reduction to |r| <= log(2)/2, Taylor polynomial of degree 13 (remainder 4e-18), scaling through
/// the exponent bits.
CPLAE_INLINE void exponential(Pack& x) {
  using Bits = std::int64_t __attribute__((vector_size(lanes * sizeof(std::int64_t))));
  constexpr double to_integer = 0x1.8p52;
  x = x < -708.0 ? Pack{-708.0, -708.0, -708.0, -708.0} : x;
  const Pack shifted = x * 1.4426950408889634 + to_integer;
  const Pack n = shifted - to_integer;
  const Pack r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
  const Pack r2 = r * r;
  const Pack r4 = r2 * r2;
  const Pack low = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120));
  const Pack middle = (1.0 / 720 + r * (1.0 / 5040)) + r2 * (1.0 / 40320 + r * (1.0 / 362880));
  const Pack high = (1.0 / 3628800 + r * (1.0 / 39916800)) + r2 * (1.0 / 479001600 + r * (1.0 / 6227020800));
  const Pack polynomial = 1.0 + (r + r2 * (low + r4 * (middle + r4 * high)));
  Bits exponent;
  Bits bits;
  std::memcpy(&exponent, &shifted, sizeof exponent);
  std::memcpy(&bits, &polynomial, sizeof bits);
  bits += exponent << 52;
  std::memcpy(&x, &bits, sizeof x);
}

}  // namespace cplae::stats
