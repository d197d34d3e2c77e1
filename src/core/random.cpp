#include "cplae/core/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>

#include "cplae/core/hash.hpp"

namespace cplae {

namespace {

constexpr float to_unit(std::uint32_t bits) {
  return static_cast<float>(bits >> 8U) * 0x1.0p-24F;
}

}  // namespace

RandomStream::RandomStream(NetworkKey key, Address address) {
  const auto k = static_cast<std::uint64_t>(key);
  key_ = {static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(k >> 32U)};
  // Word 0 counts blocks of four elements; purpose, index and step fill the other words, so no two addresses
  // meet.
  counter_ = {0, (static_cast<std::uint32_t>(address.purpose) << 16U) | (address.index & 0xFFFFU),
              static_cast<std::uint32_t>(address.step), static_cast<std::uint32_t>(address.step >> 32U)};
}

std::array<std::uint32_t, 4> RandomStream::block(std::uint64_t block_index) const {
  const r123::Philox4x32::ctr_type counter = {
      {static_cast<std::uint32_t>(block_index), counter_[1], counter_[2], counter_[3]}};
  const r123::Philox4x32::key_type key = {{key_[0], key_[1]}};
  const auto out = r123::Philox4x32{}(counter, key);
  return {out[0], out[1], out[2], out[3]};
}

std::uint32_t RandomStream::bits(std::uint64_t element) const {
  return block(element / 4)[element % 4];
}

float RandomStream::uniform(std::uint64_t element) const {
  return to_unit(bits(element));
}

double RandomStream::uniform_double(std::uint64_t element) const {
  const auto words = block(element / 2);
  const std::size_t at = (element % 2) * 2;
  const std::uint64_t word = (static_cast<std::uint64_t>(words[at]) << 32U) | words[at + 1];
  return static_cast<double>(word >> 11U) * 0x1.0p-53;
}

std::uint64_t RandomStream::below(std::uint64_t bound, std::uint64_t element) const {
  const auto words = block(element / 2);
  const std::size_t at = (element % 2) * 2;
  const std::uint64_t word = (static_cast<std::uint64_t>(words[at]) << 32U) | words[at + 1];
  // High half of the 128-bit product: Lemire's multiply-shift without rejection.
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(word) * bound) >> 64U);
}

void RandomStream::fill_bits(std::span<std::uint32_t> out) const {
  const std::size_t whole = out.size() / 4;
  for (std::size_t b = 0; b < whole; ++b) {
    const auto words = block(b);
    for (std::size_t j = 0; j < 4; ++j)
      out[4 * b + j] = words[j];
  }
  for (std::size_t i = 4 * whole; i < out.size(); ++i)
    out[i] = bits(i);
}

void RandomStream::fill_uniform(std::span<float> out) const {
  const std::size_t whole = out.size() / 4;
  for (std::size_t b = 0; b < whole; ++b) {
    const auto words = block(b);
    for (std::size_t j = 0; j < 4; ++j)
      out[4 * b + j] = to_unit(words[j]);
  }
  for (std::size_t i = 4 * whole; i < out.size(); ++i)
    out[i] = uniform(i);
}

void RandomStream::fill_normal(std::span<float> out) const {
  constexpr float two_pi = 2.0F * std::numbers::pi_v<float>;
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const auto words = block(i / 2);
    // 1 - u lies in (0, 1], so the logarithm is finite.
    const float radius = std::sqrt(-2.0F * std::log(1.0F - to_unit(words[0])));
    const float angle = two_pi * to_unit(words[1]);
    out[i] = radius * std::cos(angle);
    if (i + 1 < out.size()) out[i + 1] = radius * std::sin(angle);
  }
}

std::vector<std::size_t> RandomStream::permutation(std::size_t n) const {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i)
    std::swap(order[i - 1], order[below(i, i - 1)]);
  return order;
}

NetworkKey make_key(std::uint64_t study_seed, std::string_view name) {
  std::string text = std::to_string(study_seed);
  text += '\n';
  text += name;
  return NetworkKey{hash64(text)};
}

}  // namespace cplae
