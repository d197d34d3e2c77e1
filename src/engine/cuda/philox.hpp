#pragma once
// The random numbers of core/random.hpp, on the device: Philox4x32-10 (Salmon et al., SC'11) at the same
// addresses.
#include <cmath>
#include <cstdint>

#include "engine/cuda/block.hpp"

namespace cplae::engine::cuda {

/// Purposes of core/random.hpp that a step draws for.
constexpr std::uint32_t purpose_batch = 1;
constexpr std::uint32_t purpose_input_dropout = 2;
constexpr std::uint32_t purpose_input_noise = 3;
constexpr std::uint32_t purpose_decoder_dropout = 4;

struct Words {
  std::uint32_t word[4];
  /// By choices, since an array that is indexed at run time leaves the registers.
  [[nodiscard]] CPLAE_DEVICE std::uint32_t operator[](std::int64_t i) const {
    const std::uint32_t low = (i & 1) != 0 ? word[1] : word[0];
    const std::uint32_t high = (i & 1) != 0 ? word[3] : word[2];
    return (i & 2) != 0 ? high : low;
  }
};

struct StreamAddress {
  std::uint32_t purpose;
  std::uint32_t index;
  std::uint64_t step;
};

/// The stream of a key and an address.
class Stream {
public:
  CPLAE_DEVICE Stream(std::uint64_t key, const StreamAddress& address)
      : key_{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32U)},
        place_((address.purpose << 16U) | (address.index & 0xFFFFU)),
        step_{static_cast<std::uint32_t>(address.step), static_cast<std::uint32_t>(address.step >> 32U)} {}

  /// Elements 4 i to 4 i + 3.
  [[nodiscard]] CPLAE_DEVICE Words block(std::int64_t i) const {
    Words c{{static_cast<std::uint32_t>(i), place_, step_[0], step_[1]}};
    std::uint32_t k0 = key_[0];
    std::uint32_t k1 = key_[1];
    CPLAE_UNROLL
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t a = std::uint64_t{0xD2511F53U} * c.word[0];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * c.word[2];
      c = {{static_cast<std::uint32_t>(b >> 32U) ^ c.word[1] ^ k0, static_cast<std::uint32_t>(b),
            static_cast<std::uint32_t>(a >> 32U) ^ c.word[3] ^ k1, static_cast<std::uint32_t>(a)}};
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    return c;
  }

  /// The sixteen bits of an element of dropout.
  [[nodiscard]] CPLAE_DEVICE std::uint32_t half(std::int64_t element) const {
    return half_of(block(element / 8)[element / 2 % 4], element);
  }
  [[nodiscard]] static CPLAE_DEVICE std::uint32_t half_of(std::uint32_t word, std::int64_t element) {
    return (element & 1) != 0 ? word >> 16U : word & 0xFFFFU;
  }

  /// Uniform in [0, 1).
  [[nodiscard]] static CPLAE_DEVICE float unit(std::uint32_t bits) {
    return static_cast<float>(bits >> 8U) * 5.9604644775390625e-8F;  // 2^-24
  }

  /// Uniform integer in [0, bound).
  [[nodiscard]] CPLAE_DEVICE std::int64_t below(std::int64_t bound, std::int64_t element) const {
    const Words words = block(element / 2);
    const std::int64_t at = element % 2 * 2;
    const std::uint64_t word =
        (static_cast<std::uint64_t>(words[at]) << 32U) | static_cast<std::uint64_t>(words[at + 1]);
    return static_cast<std::int64_t>(high_half(word, static_cast<std::uint64_t>(bound)));
  }

  /// Standard normal elements 2 i and 2 i + 1.
  struct Pair {
    float value[2];
  };
  [[nodiscard]] CPLAE_DEVICE Pair normals(std::int64_t i) const {
    constexpr float two_pi = 6.283185307179586F;
    const Words words = block(i);
    const float radius = std::sqrt(-2.0F * std::log(1.0F - unit(words.word[0])));
    const float angle = two_pi * unit(words.word[1]);
    return {{radius * std::cos(angle), radius * std::sin(angle)}};
  }

private:
  static CPLAE_DEVICE std::uint64_t high_half(std::uint64_t a, std::uint64_t b) {
#ifdef __CUDACC__
    return __umul64hi(a, b);
#else
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(a) * b) >> 64U);
#endif
  }

  std::uint32_t key_[2];
  std::uint32_t place_;
  std::uint32_t step_[2];
};

}  // namespace cplae::engine::cuda
