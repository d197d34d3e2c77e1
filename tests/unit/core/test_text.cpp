#include "cplae/core/text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cplae/core/random.hpp"

namespace cplae {
namespace {

TEST(Text, NearestFindsSlipsButNotStrangers) {
  const std::vector<std::string> keys = {"steps", "batch", "latent_dim", "learning_rate"};
  EXPECT_EQ(nearest("step", keys), "steps");
  EXPECT_EQ(nearest("latentdim", keys), "latent_dim");
  EXPECT_EQ(nearest("lerning_rat", keys), "learning_rate");
  EXPECT_EQ(nearest("steps", keys), "steps");
  EXPECT_EQ(nearest("taxonomy", keys), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(Text, OneLineHasNoControlCharacters) {
  EXPECT_EQ(one_line("a\nb\tc\r\x1b[31m d\xC3\xA9"), "a b c  [31m d\xC3\xA9");
}

TEST(Text, NumbersReadBackAsTheSameBits) {
  std::vector<std::uint32_t> bits(2000);
  RandomStream(NetworkKey{4}, {.purpose = Purpose::simulation}).fill_bits(bits);
  for (std::size_t i = 0; i + 1 < bits.size(); ++i) {
    const double x =
        std::ldexp(static_cast<double>(bits[i]) - 2e9, static_cast<int>(bits[i + 1] % 2000) - 1000);
    EXPECT_EQ(std::stod(number_text(x)), x);
    const auto f = static_cast<float>(bits[i]) * 1e-7F;
    EXPECT_EQ(std::stof(number_text(f)), f);
  }
}

TEST(Text, NumbersAreShort) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(0.1F), "0.1");
  EXPECT_EQ(number_text(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(number_text(-std::numeric_limits<float>::infinity()), "-inf");
}

TEST(Text, DurationsInTheUnitThatReadsBest) {
  EXPECT_EQ(duration_text(3), "3 s");
  EXPECT_EQ(duration_text(89), "89 s");
  EXPECT_EQ(duration_text(720), "12 min");
  EXPECT_EQ(duration_text(16200), "4.5 h");
}

TEST(Text, CsvFieldsByRfc4180) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"no\""), "\"say \"\"no\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
}

TEST(Text, Join) {
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(Text, FirstOfCountsTheRest) {
  EXPECT_EQ(first_of({"a", "b", "c"}, 3), "a, b, c");
  EXPECT_EQ(first_of({"a", "b", "c", "d"}, 2), "a, b and 2 more");
  EXPECT_EQ(first_of({}, 2), "");
}

}  // namespace
}  // namespace cplae
