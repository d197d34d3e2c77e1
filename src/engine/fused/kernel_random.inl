// Part of kernels.inl: Philox4x32-10 (Salmon et al., SC'11), the numbers of core/random.hpp by the vector.

constexpr std::uint64_t philox_m0 = 0xD2511F53;
constexpr std::uint64_t philox_m1 = 0xCD9E8D57;
constexpr std::uint32_t philox_w0 = 0x9E3779B9;
constexpr std::uint32_t philox_w1 = 0xBB67AE85;
constexpr std::uint64_t low_half = 0xFFFFFFFF;

/// Blocks made at a time: one in each 64-bit element.
constexpr std::size_t blocks_at_once = 8;
using Wide = std::uint64_t __attribute__((vector_size(lanes * sizeof(float))));
using WideAt = std::uint64_t
    __attribute__((vector_size(lanes * sizeof(float)), aligned(sizeof(std::uint64_t)), may_alias));
constexpr std::size_t wide_lanes = lanes / 2;
constexpr std::size_t wides = blocks_at_once / wide_lanes;

/// Product of the low halves of the 64-bit elements.
CPLAE_INLINE Wide multiply_low(Wide a, std::uint64_t b) {
#if CPLAE_LANES == 16 && defined(__AVX512F__)
  using I = long long __attribute__((vector_size(64)));
  using J = int __attribute__((vector_size(64)));
  const Wide right = b - Wide{};
  return reinterpret_cast<Wide>(reinterpret_cast<I>(
      __builtin_ia32_pmuludq512_mask(reinterpret_cast<J>(a), reinterpret_cast<J>(right), I{}, 0xFF)));
#elif CPLAE_LANES == 8 && defined(__AVX2__)
  using J = int __attribute__((vector_size(32)));
  const Wide right = b - Wide{};
  return reinterpret_cast<Wide>(
      __builtin_ia32_pmuludq256(reinterpret_cast<J>(a), reinterpret_cast<J>(right)));
#else
  return (a & low_half) * b;
#endif
}

constexpr std::uint64_t numbers[blocks_at_once] = {0, 1, 2, 3, 4, 5, 6, 7};
constexpr std::size_t rounds = 10;

/// The keys of all rounds.
struct RoundKeys {
  Wide even[rounds];
  Wide odd[rounds];

  CPLAE_INLINE explicit RoundKeys(const Stream& stream) {
    std::uint32_t key0 = stream.key[0];
    std::uint32_t key1 = stream.key[1];
    for (std::size_t round = 0; round < rounds; ++round) {
      even[round] = static_cast<std::uint64_t>(key0) + Wide{};
      odd[round] = static_cast<std::uint64_t>(key1) + Wide{};
      key0 += philox_w0;
      key1 += philox_w1;
    }
  }
};

/// Ten rounds on blocks_at_once counters. Upper halves of c[1], c[3] may hold anything until the end.
CPLAE_INLINE void philox(const Stream& stream, const RoundKeys& keys, std::uint64_t first,
                         Wide (&c)[4][wides]) {
  for (std::size_t w = 0; w < wides; ++w) {
    c[0][w] = (*reinterpret_cast<const WideAt*>(numbers + w * wide_lanes) + first) & low_half;
    for (std::size_t j = 1; j < 4; ++j)
      c[j][w] = static_cast<std::uint64_t>(stream.counter[j - 1]) + Wide{};
  }
#pragma GCC unroll 10
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t w = 0; w < wides; ++w) {
      const Wide p0 = multiply_low(c[0][w], philox_m0);
      const Wide p1 = multiply_low(c[2][w], philox_m1);
      c[0][w] = (p1 >> 32) ^ (c[1][w] ^ keys.even[round]);
      c[1][w] = p1;
      c[2][w] = (p0 >> 32) ^ (c[3][w] ^ keys.odd[round]);
      c[3][w] = p0;
    }
  }
}

/// Elements of a and b by turns, from the given one of each on.
CPLAE_INLINE Wide interleaved(Wide a, Wide b, std::size_t from) {
  Wide order;
  for (std::size_t i = 0; i < wide_lanes; ++i)
    order[i] = from + i / 2 + (i % 2) * wide_lanes;
  return __builtin_shuffle(a, b, order);
}

void random_words(const Stream& stream, std::uint64_t first, std::size_t blocks, std::uint32_t* out) {
  const RoundKeys keys(stream);
  for (std::size_t done = 0; done < blocks; done += blocks_at_once) {
    Wide c[4][wides];
    philox(stream, keys, first + done, c);
    for (std::size_t w = 0; w < wides; ++w) {
      const Wide front = (c[0][w] & low_half) | (c[1][w] << 32);
      const Wide back = (c[2][w] & low_half) | (c[3][w] << 32);
      WideAt* to = reinterpret_cast<WideAt*>(out + 4 * (done + w * wide_lanes));
      to[0] = interleaved(front, back, 0);
      to[1] = interleaved(front, back, wide_lanes / 2);
    }
  }
}

CPLAE_INLINE Vec to_unit(const std::uint32_t* words, std::size_t stride) {
  Mask bits{};
  for (std::size_t lane = 0; lane < lanes; ++lane)
    bits[lane] = static_cast<std::int32_t>(words[lane * stride] >> 8U);
  return __builtin_convertvector(bits, Vec) * 0x1.0p-24F;
}

/// Natural logarithm of x in [2^-24, 1]: exponent and mantissa, then the polynomial of Cephes' logf (Moshier;
/// relative error 2e-7).
CPLAE_INLINE Vec logarithm(Vec x) {
  Mask bits = reinterpret_cast<Mask>(x);
  Mask exponent = (bits >> 23) - 126;
  Vec m = reinterpret_cast<Vec>((bits & 0x007FFFFF) | 0x3F000000);  // in [0.5, 1)
  const Mask low = m < 0.707106781186547524F - Vec{};
  exponent += low;
  m = (low ? m + m : m) - 1.0F;
  const Vec e = __builtin_convertvector(exponent, Vec);
  Vec y = 7.0376836292e-2F - Vec{};
  y = y * m - 1.1514610310e-1F;
  y = y * m + 1.1676998740e-1F;
  y = y * m - 1.2420140846e-1F;
  y = y * m + 1.4249322787e-1F;
  y = y * m - 1.6668057665e-1F;
  y = y * m + 2.0000714765e-1F;
  y = y * m - 2.4999993993e-1F;
  y = y * m + 3.3333331174e-1F;
  y = y * m * m * m;
  y += e * -2.12194440e-4F;
  y -= 0.5F * m * m;
  return m + y + e * 0.693359375F;
}

/// Cosine and sine of 2 pi u, u in [0, 1): reduced to the nearest quarter turn, Cephes' polynomials.
CPLAE_INLINE void turn(Vec u, Vec& cosine, Vec& sine) {
  const Vec quarters = u * 4.0F;
  const Mask q = __builtin_convertvector(quarters + 0.5F, Mask);
  const Vec r = (quarters - __builtin_convertvector(q, Vec)) * 1.57079632679489662F;
  const Vec z = r * r;
  const Vec s = r + r * z * (-1.6666654611e-1F + z * (8.3321608736e-3F + z * -1.9515295891e-4F));
  const Vec c = 1.0F - 0.5F * z +
                z * z * (4.166664568298827e-2F + z * (-1.388731625493765e-3F + z * 2.443315711809948e-5F));
  const Mask swap = (q & 1) != 0;
  const Vec a = swap ? s : c;
  const Vec b = swap ? c : s;
  cosine = ((q + 1) & 2) != 0 ? -a : a;
  sine = (q & 2) != 0 ? -b : b;
}

void normals(const std::uint32_t* words, std::size_t blocks, float* out) {
  for (std::size_t done = 0; done < blocks; done += lanes) {
    const std::uint32_t* at = words + 4 * done;
    // 1 - u lies in (0, 1], so the logarithm is finite.
    const Vec squared = -2.0F * logarithm(1.0F - to_unit(at, 4));
    Vec radius;
    for (std::size_t lane = 0; lane < lanes; ++lane)
      radius[lane] = __builtin_sqrtf(squared[lane]);
    Vec cosine;
    Vec sine;
    turn(to_unit(at + 1, 4), cosine, sine);
    const Vec first = radius * cosine;
    const Vec second = radius * sine;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      out[2 * (done + lane)] = first[lane];
      out[2 * (done + lane) + 1] = second[lane];
    }
  }
}
