#include "cplae/core/hash.hpp"

#include <gtest/gtest.h>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "scratch.hpp"

namespace cplae {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(Hash, Sha256OfTheStandardsExamples) {
  // FIPS 180-2, appendix B, and the empty message.
  EXPECT_EQ(sha256_hex(bytes_of("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(bytes_of(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, Sha256OfAFileIsThatOfItsBytes) {
  const test::Scratch scratch;
  const std::string text(3'000'001, 'q');  // more than one piece of the reader
  write_file_atomically(scratch / "a", text);
  EXPECT_EQ(sha256_file(scratch / "a"), sha256_hex(bytes_of(text)));
  write_file_atomically(scratch / "empty", std::string_view());
  EXPECT_EQ(sha256_file(scratch / "empty"), sha256_hex({}));
  EXPECT_THROW(static_cast<void>(sha256_file(scratch / "missing")), IoError);
}

TEST(Hash, Xxh3OfTheEmptyTextAsInItsSpecification) {
  EXPECT_EQ(hash64(""), 0x2d06800538d394c2U);
  EXPECT_EQ(hash128_hex({}), "99aa06d3014798d86001c324468d497f");
}

TEST(Hash, EveryByteCounts) {
  const std::string text(1000, 'a');
  for (const std::size_t at : {0U, 1U, 499U, 999U}) {
    std::string other = text;
    other[at] = 'b';
    EXPECT_NE(hash64(other), hash64(text));
    EXPECT_NE(hash128_hex(bytes_of(other)), hash128_hex(bytes_of(text)));
  }
}

}  // namespace
}  // namespace cplae
