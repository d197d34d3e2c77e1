// Part of kernels.inl.

/// exp(x), -700 < x <= 0, within two units in the last place; any number elsewhere, NaN for NaN.
/// Cody-Waite reduction to |r| <= log(2)/2, then 1 + r + r^2 q(r) with q through the Chebyshev points of
/// degree 10 (remainder 1.6e-17 relative), scaling through the exponent bits.
CPLAE_INLINE Vec exponential(Vec x) {
  constexpr double to_integer = 0x1.8p52;
  const Vec shifted = x * 1.4426950408889634 + to_integer;
  const Vec n = shifted - to_integer;
  const Vec r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
  const Vec r2 = r * r;
  // Even and odd powers in turn: two short chains, and no constant is needed twice.
  Vec even = r2 * 0x1.28917c89a43a7p-22 + 0x1.a019b9149a41cp-16;
  Vec odd = r2 * 0x1.af389ecfc4b9cp-26 + 0x1.71de0db2f6b19p-19;
  even = even * r2 + 0x1.6c16c17889ef1p-10;
  odd = odd * r2 + 0x1.a01a01a7c2efep-13;
  even = even * r2 + 0x1.5555555553d68p-5;
  odd = odd * r2 + 0x1.11111111109b5p-7;
  even = even * r2 + 0x1.0000000000001p-1;
  odd = odd * r2 + 0x1.5555555555556p-3;
  const Vec q = odd * r + even;
  const Vec polynomial = 1.0 + (r + r2 * q);
  return reinterpret_cast<Vec>(reinterpret_cast<Bits>(polynomial) + (reinterpret_cast<Bits>(shifted) << 52));
}

void exponentials(double* values, std::size_t count) {
  for (std::size_t i = 0; i < count; i += lanes) {
    const std::size_t rest = count - i < lanes ? count - i : lanes;
    Vec x = {};
    for (std::size_t lane = 0; lane < rest; ++lane)
      x[lane] = values[i + lane];
    x = x <= -700.0 ? Vec{} : exponential(x);
    for (std::size_t lane = 0; lane < rest; ++lane)
      values[i + lane] = x[lane];
  }
}
