// Part of kernels.inl: the transposition of a square of vectors.

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
