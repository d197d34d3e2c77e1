#include "cplae/core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace cplae {
namespace {

using Words = std::array<std::uint32_t, 4>;

/// Philox4x32-10 from the paper's text (Salmon et al., SC'11, section 3.2), written without Random123.
Words philox(Words c, std::array<std::uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(b >> 32U) ^ c[1] ^ k[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32U) ^ c[3] ^ k[1], static_cast<std::uint32_t>(a)};
    k = {k[0] + 0x9E3779B9U, k[1] + 0xBB67AE85U};
  }
  return c;
}

TEST(Philox, TheTestsOwnVersionGivesThePublishedVectors) {
  // Random123's kat_vectors, "philox4x32 10".
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, BlockZeroOfTheZeroAddressIsThePublishedVector) {
  const RandomStream stream(NetworkKey{0}, {.purpose = Purpose::initial_weights, .index = 0, .step = 0});
  EXPECT_EQ((Words{stream.bits(0), stream.bits(1), stream.bits(2), stream.bits(3)}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TEST(RandomStream, AddressAndElementMakeTheCounter) {
  constexpr std::uint64_t key = 0x299f31d0a4093822;
  for (const std::uint32_t index : {0U, 1U, 65535U}) {
    for (const std::uint64_t step :
         {std::uint64_t{0}, std::uint64_t{749'999}, std::uint64_t{0x0370734413198a2e}}) {
      const RandomStream stream(NetworkKey{key}, {.purpose = Purpose::mixture, .index = index, .step = step});
      for (const std::uint64_t element : {0UL, 5UL, 1'000'003UL, (1UL << 34U) - 1}) {
        const Words words =
            philox({static_cast<std::uint32_t>(element / 4), (6U << 16U) | index,
                    static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32U)},
                   {0xa4093822, 0x299f31d0});
        EXPECT_EQ(stream.bits(element), words[element % 4]) << index << ' ' << step << ' ' << element;
      }
    }
  }
}

TEST(RandomStream, FillsAreTheElementsOneByOne) {
  const RandomStream stream(NetworkKey{9}, {.purpose = Purpose::batch, .index = 2, .step = 77});
  for (std::size_t size = 0; size < 12; ++size) {
    std::vector<std::uint32_t> bits(size);
    std::vector<float> uniform(size);
    stream.fill_bits(bits);
    stream.fill_uniform(uniform);
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_EQ(bits[i], stream.bits(i));
      EXPECT_EQ(uniform[i], stream.uniform(i));
      EXPECT_EQ(uniform[i], std::ldexp(static_cast<float>(bits[i] >> 8U), -24));
    }
  }
}

TEST(RandomStream, ALongerFillOfNormalsStartsLikeAShorterOne) {
  const RandomStream stream(NetworkKey{9}, {.purpose = Purpose::input_noise});
  std::vector<float> longer(101);
  stream.fill_normal(longer);
  for (std::size_t size = 0; size < longer.size(); ++size) {
    std::vector<float> shorter(size);
    stream.fill_normal(shorter);
    EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin())) << size;
  }
}

TEST(RandomStream, FrozenValues) {
  // Agreed on by this program and a Philox in Python: every result stands on them, so a change here changes
  // the bits of all studies.
  const NetworkKey key = make_key(42, "cross_validation,lambda=0.5,fold=3");
  EXPECT_EQ(static_cast<std::uint64_t>(key), 0x76139610f963cd58U);
  const RandomStream stream(key, {.purpose = Purpose::batch, .index = 0, .step = 12});
  EXPECT_EQ(stream.bits(7), 3919864958U);
  EXPECT_EQ(stream.below(817, 3), 171U);
  EXPECT_EQ(stream.permutation(8), (std::vector<std::size_t>{3, 7, 6, 0, 2, 5, 1, 4}));
  EXPECT_EQ(stream.uniform_double(5), 0x1.b53af976a63a7p-1);
}

TEST(RandomStream, OtherKeysPurposesIndicesAndStepsGiveOtherNumbers) {
  const auto first = [](std::uint64_t key, Purpose purpose, std::uint32_t index, std::uint64_t step) {
    return RandomStream(NetworkKey{key}, {.purpose = purpose, .index = index, .step = step}).bits(0);
  };
  const std::uint32_t here = first(1, Purpose::batch, 1, 1);
  EXPECT_NE(here, first(2, Purpose::batch, 1, 1));
  EXPECT_NE(here, first(1ULL << 32U, Purpose::batch, 1, 1));
  EXPECT_NE(here, first(1, Purpose::input_dropout, 1, 1));
  EXPECT_NE(here, first(1, Purpose::batch, 2, 1));
  EXPECT_NE(here, first(1, Purpose::batch, 1, 2));
  EXPECT_NE(here, first(1, Purpose::batch, 1, 1 + (1ULL << 32U)));
  EXPECT_NE(make_key(1, "2"), make_key(12, ""));
}

// Moments: the bounds are five standard errors of n independent draws, so one in a million right streams
// would fail; this one is fixed.
constexpr std::size_t draws = 1'000'000;

TEST(RandomStream, UniformMomentsAndIndependenceOfNeighbours) {
  std::vector<float> u(draws);
  RandomStream(NetworkKey{3}, {.purpose = Purpose::input_dropout}).fill_uniform(u);
  double mean = 0;
  double square = 0;
  double neighbours = 0;
  for (std::size_t i = 0; i < draws; ++i) {
    const double x = u[i] - 0.5;
    ASSERT_GE(u[i], 0.0F);
    ASSERT_LT(u[i], 1.0F);
    mean += x;
    square += x * x;
    neighbours += i > 0 ? x * (u[i - 1] - 0.5) : 0.0;
  }
  const double n = draws;
  EXPECT_NEAR(mean / n, 0, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(square / n, 1.0 / 12, 5 * std::sqrt(1.0 / 180 / n));  // Var(x^2) = 1/80 - 1/144
  EXPECT_NEAR(neighbours / n, 0, 5 * (1.0 / 12) / std::sqrt(n));
}

TEST(RandomStream, NormalMomentsAndTails) {
  std::vector<float> z(draws);
  RandomStream(NetworkKey{3}, {.purpose = Purpose::input_noise}).fill_normal(z);
  std::array<double, 5> moment{};
  double pairs = 0;
  double beyond_two = 0;
  for (std::size_t i = 0; i < draws; ++i) {
    ASSERT_TRUE(std::isfinite(z[i]));
    for (unsigned p = 1; p <= 4; ++p)
      moment[p] += std::pow(static_cast<double>(z[i]), p);
    if (i % 2 == 1) pairs += static_cast<double>(z[i]) * z[i - 1];
    beyond_two += std::abs(z[i]) > 2 ? 1 : 0;
  }
  const double n = draws;
  // Variances of z, z^2, z^3, z^4 are 1, 2, 15, 96.
  EXPECT_NEAR(moment[1] / n, 0, 5 * std::sqrt(1 / n));
  EXPECT_NEAR(moment[2] / n, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(moment[3] / n, 0, 5 * std::sqrt(15 / n));
  EXPECT_NEAR(moment[4] / n, 3, 5 * std::sqrt(96 / n));
  EXPECT_NEAR(pairs / (n / 2), 0, 5 / std::sqrt(n / 2));
  const double tail = std::erfc(std::sqrt(2.0));
  EXPECT_NEAR(beyond_two / n, tail, 5 * std::sqrt(tail * (1 - tail) / n));
}

TEST(RandomStream, BelowIsUniformOverAnOddBound) {
  const RandomStream stream(NetworkKey{8}, {.purpose = Purpose::batch});
  constexpr std::size_t bound = 7;
  std::array<double, bound> counts{};
  constexpr std::uint64_t n = 70'000;
  for (std::uint64_t i = 0; i < n; ++i)
    counts.at(stream.below(bound, i)) += 1;
  const double expected = static_cast<double>(n) / bound;
  for (const double count : counts)
    EXPECT_NEAR(count, expected, 5 * std::sqrt(expected));
  EXPECT_EQ(stream.below(1, 4), 0U);
  EXPECT_LT(stream.below(~std::uint64_t{0}, 4), ~std::uint64_t{0});
}

TEST(RandomStream, UniformDoubleIsFinerThan24Bits) {
  const RandomStream stream(NetworkKey{8}, {.purpose = Purpose::split});
  double finest = 1;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const double x = stream.uniform_double(i);
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    const double in_24_bits = std::ldexp(x, 24);
    finest = std::min(finest, in_24_bits - std::floor(in_24_bits));
  }
  EXPECT_GT(finest, 0);
}

TEST(RandomStream, PermutationsAreAllEquallyLikely) {
  constexpr std::uint64_t n = 24'000;
  std::map<std::vector<std::size_t>, double> counts;
  for (std::uint64_t step = 0; step < n; ++step) {
    const RandomStream stream(NetworkKey{1}, {.purpose = Purpose::split, .index = 0, .step = step});
    counts[stream.permutation(4)] += 1;
  }
  ASSERT_EQ(counts.size(), 24U);
  const double expected = n / 24.0;
  for (const auto& [order, count] : counts) {
    EXPECT_TRUE(
        std::is_permutation(order.begin(), order.end(), std::vector<std::size_t>{0, 1, 2, 3}.begin()));
    EXPECT_NEAR(count, expected, 5 * std::sqrt(expected));
  }
  const RandomStream stream(NetworkKey{1}, {.purpose = Purpose::split});
  EXPECT_TRUE(stream.permutation(0).empty());
  EXPECT_EQ(stream.permutation(1), std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace cplae
