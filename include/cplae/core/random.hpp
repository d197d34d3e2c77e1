#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "cplae/core/ids.hpp"

namespace cplae {

/// What a random number is for. A purpose may be qualified by a small index (modality, modality pair, ...).
/// The values are part of the bits of every result: add new ones at the end.
enum class Purpose : std::uint8_t {
  initial_weights = 0,
  batch = 1,
  input_dropout = 2,
  input_noise = 3,
  decoder_dropout = 4,
  split = 5,
  mixture = 6,
  simulation = 7,
};

/// Counter-based random numbers: Philox4x32-10 (Salmon et al., SC'11; Random123). Element e of a stream is a
/// pure function of (key, purpose, index, step, e), so order, grouping, ranks and resume cannot change it.
class RandomStream {
public:
  struct Address {
    Purpose purpose{};
    std::uint32_t index = 0;  ///< e.g. modality; < 65,536
    std::uint64_t step = 0;   ///< training step, component count, ...
  };

  RandomStream(NetworkKey key, Address address);

  /// Raw 32 bits of one element. element < 2^34.
  [[nodiscard]] std::uint32_t bits(std::uint64_t element) const;
  /// Uniform in [0, 1), 24 bits, of one element.
  [[nodiscard]] float uniform(std::uint64_t element) const;
  /// Uniform in [0, 1), 53 bits, of elements 2e and 2e+1.
  [[nodiscard]] double uniform_double(std::uint64_t element) const;
  /// Uniform integer in [0, bound), bound >= 1; bias below bound / 2^64.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound, std::uint64_t element) const;

  /// out[i] = bits(i).
  void fill_bits(std::span<std::uint32_t> out) const;
  /// out[i] = uniform(i).
  void fill_uniform(std::span<float> out) const;
  /// Standard normal numbers (Box-Muller on elements 2i and 2i+1 of the stream).
  void fill_normal(std::span<float> out) const;
  /// A permutation of 0..n-1 (Fisher-Yates).
  [[nodiscard]] std::vector<std::size_t> permutation(std::size_t n) const;

private:
  [[nodiscard]] std::array<std::uint32_t, 4> block(std::uint64_t block_index) const;
  std::array<std::uint32_t, 2> key_{};
  std::array<std::uint32_t, 4> counter_{};
};

/// Key of the streams of one network, or of a split or cohort: a hash of the study's seed and a stable name.
[[nodiscard]] NetworkKey make_key(std::uint64_t study_seed, std::string_view name);

}  // namespace cplae
