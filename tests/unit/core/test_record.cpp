#include "cplae/core/record.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <bit>
#include <cstring>
#include <fstream>
#include <limits>
#include <span>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/hash.hpp"
#include "scratch.hpp"

namespace cplae {
namespace {

constexpr std::size_t prefix_bytes = 8 + 4 + 8;

Record example() {
  Record record;
  record.kind = "network";
  record.text = {
      {"id", "cross_validation,lambda=0.5,fold=3"}, {"empty", ""}, {"utf-8", "Pvalb \u00b5 \"quoted\"\n"}};
  record.arrays["latents"] = {.shape = {2, 3}, .values = std::vector<float>{1.5F, -0.0F, 3e-45F, 4, 5, 6}};
  record.arrays["moments"] = {.shape = {2}, .values = std::vector<double>{0.1, -1e300}};
  record.arrays["best_step"] = {.shape = {}, .values = std::vector<std::int64_t>{std::int64_t{1} << 62U}};
  record.arrays["split"] = {.shape = {5}, .values = std::vector<std::uint8_t>{0, 1, 2, 255, 0}};
  record.arrays["none"] = {.shape = {0, 7}, .values = std::vector<float>{}};
  return record;
}

/// A file with a right checksum around the given header and payload: what decode must survive beyond
/// accidents.
std::string forged(const std::string& header, const std::string& payload, std::uint64_t header_bytes) {
  std::string bytes = "CPLAEREC";
  const std::uint32_t version = 1;
  bytes.append(reinterpret_cast<const char*>(&version), sizeof version);
  bytes.append(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
  bytes += header + payload;
  return bytes + hash128_hex(std::as_bytes(std::span(bytes)));
}
std::string forged(const std::string& header, const std::string& payload = {}) {
  return forged(header, payload, header.size());
}
std::string forged_array(const std::string& array, const std::string& payload) {
  return forged(R"({"kind":"k","text":{},"arrays":[)" + array + "]}", payload);
}

TEST(Record, ComesBackAsItWas) {
  const Record record = example();
  const Record back = decode(encode(record), "here");
  EXPECT_EQ(back.kind, record.kind);
  EXPECT_EQ(back.text, record.text);
  ASSERT_EQ(back.arrays.size(), record.arrays.size());
  for (const auto& [name, array] : record.arrays) {
    EXPECT_EQ(back.arrays.at(name).shape, array.shape) << name;
    EXPECT_EQ(back.arrays.at(name).values, array.values) << name;
  }
}

TEST(Record, KeepsTheBitsOfNaN) {
  Record record{.kind = "k", .text = {}, .arrays = {}};
  const auto odd_nan = std::bit_cast<float>(std::uint32_t{0x7FC12345});
  record.arrays["x"] = {.shape = {1}, .values = std::vector{odd_nan}};
  const Record back = decode(encode(record), "here");
  EXPECT_EQ(std::bit_cast<std::uint32_t>(std::get<std::vector<float>>(back.arrays.at("x").values)[0]),
            0x7FC12345U);
}

TEST(Record, EqualRecordsGiveEqualBytes) {
  EXPECT_EQ(encode(example()), encode(example()));
  EXPECT_EQ(encode(decode(encode(example()), "here")), encode(example()));
}

TEST(Record, EveryCutIsRecognised) {
  const std::string whole = encode(example());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(static_cast<void>(decode(whole.substr(0, size), "cut")), DataError) << size;
  EXPECT_THROW(static_cast<void>(decode(whole + '\0', "longer")), DataError);
}

TEST(Record, EveryFlippedBitIsRecognised) {
  std::string bytes = encode(example());
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const auto mask = static_cast<char>(1U << (bit % 8));
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    EXPECT_THROW(static_cast<void>(decode(bytes, "damaged")), DataError) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
  }
  EXPECT_NO_THROW(static_cast<void>(decode(bytes, "repaired")));
}

TEST(Record, AForgedHeaderIsRefusedBeforeMemoryIsAskedFor) {
  const std::string four(4, 'x');
  EXPECT_NO_THROW(
      static_cast<void>(decode(forged_array(R"({"name":"a","type":"float32","shape":[1]})", four), "f")));
  const std::vector<std::string> arrays = {
      R"({"name":"a","type":"float32","shape":[2]})",                               // longer than the payload
      R"({"name":"a","type":"uint8","shape":[3]})",                                 // bytes left over
      R"({"name":"a","type":"float32","shape":[-1]})",                              //
      R"({"name":"a","type":"uint8","shape":[4611686018427387904,4]})",             // 2^64 values
      R"({"name":"a","type":"uint8","shape":[9223372036854775807]})",               //
      R"({"name":"a","type":"uint8","shape":[4294967296,4294967296,4294967296]})",  // 2^96
      R"({"name":"a","type":"text","shape":[1]})",                                  //
      R"({"name":"a","type":"uint8","shape":[2]},{"name":"a","type":"uint8","shape":[2]})",  // the same name
      R"({"name":"a","type":"float32"})",                                                    //
      R"({"name":"a","type":"float32","shape":"1"})",
      R"({"name":1,"type":"float32","shape":[1]})",
      R"(7)",
  };
  for (const std::string& array : arrays)
    EXPECT_THROW(static_cast<void>(decode(forged_array(array, four), "forged")), DataError) << array;
}

TEST(Record, AForgedFrameIsRefused) {
  const std::string header = R"({"kind":"k","text":{},"arrays":[]})";
  EXPECT_NO_THROW(static_cast<void>(decode(forged(header), "f")));
  EXPECT_THROW(static_cast<void>(decode(forged(header, "", header.size() + 1), "f")), DataError);
  EXPECT_THROW(static_cast<void>(decode(forged(header, "", std::numeric_limits<std::uint64_t>::max()), "f")),
               DataError);
  EXPECT_THROW(static_cast<void>(decode(forged(header, "", 3), "f")), DataError);
  EXPECT_THROW(static_cast<void>(decode(forged("not json"), "f")), DataError);
  EXPECT_THROW(static_cast<void>(decode(forged("[]"), "f")), DataError);
  EXPECT_THROW(static_cast<void>(decode(forged(R"({"kind":"k","text":{"a":1},"arrays":[]})"), "f")),
               DataError);
  EXPECT_THROW(static_cast<void>(decode(forged(std::string(1'000'000, '[')), "f")), DataError);
}

TEST(Record, AnotherVersionIsNamed) {
  std::string bytes = encode(example());
  bytes[8] = 2;
  bytes.resize(bytes.size() - 32);
  bytes += hash128_hex(std::as_bytes(std::span(bytes)));
  try {
    static_cast<void>(decode(bytes, "work/a.unit"));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "work/a.unit: not a whole record: version 2, expected 1");
  }
}

TEST(Record, RefusesToEncodeWhatItCouldNotDecode) {
  Record record{.kind = "k", .text = {}, .arrays = {}};
  record.arrays["x"] = {.shape = {3}, .values = std::vector<float>{1, 2}};
  EXPECT_THROW(static_cast<void>(encode(record)), Error);
  const Record latin1{.kind = "k", .text = {{"name", "\xB5"}}, .arrays = {}};
  EXPECT_THROW(static_cast<void>(encode(latin1)), Error);
}

TEST(RecordFile, IsReadBackOnlyAsItsKind) {
  const test::Scratch scratch;
  EXPECT_FALSE(read_record(scratch / "a.unit", "network"));
  write_record(scratch / "a.unit", example());
  ASSERT_TRUE(read_record(scratch / "a.unit", "network"));
  EXPECT_EQ(encode(*read_record(scratch / "a.unit", "network")), encode(example()));
  EXPECT_FALSE(read_record(scratch / "a.unit", "checkpoint"));
}

TEST(RecordFile, ADamagedFileCountsAsMissing) {
  const test::Scratch scratch;
  const std::string whole = encode(example());
  write_file_atomically(scratch / "a.unit", std::string_view(whole).substr(0, prefix_bytes + 5));
  EXPECT_FALSE(read_record(scratch / "a.unit", "network"));
  write_file_atomically(scratch / "a.unit", std::string_view());
  EXPECT_FALSE(read_record(scratch / "a.unit", "network"));
}

TEST(RecordFile, APipeADeviceOrAHoleCountsAsMissing) {
  const test::Scratch scratch;
  ASSERT_EQ(::mkfifo((scratch / "pipe.unit").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", scratch / "zeros.unit");
  std::ofstream(scratch / "hole.unit") << "CPLAEREC";
  std::filesystem::resize_file(scratch / "hole.unit", std::uintmax_t{1} << 35U);
  for (const char* name : {"pipe.unit", "zeros.unit", "hole.unit"}) {
    EXPECT_FALSE(read_record(scratch / name, "network")) << name;
    EXPECT_THROW(static_cast<void>(load_record(scratch / name)), DataError) << name;
  }
}

TEST(RecordFile, AFolderInItsPlaceIsAnErrorOfTheFileSystem) {
  const test::Scratch scratch;
  make_folder(scratch / "a.unit");
  EXPECT_THROW(static_cast<void>(read_record(scratch / "a.unit", "network")), IoError);
}

}  // namespace
}  // namespace cplae
