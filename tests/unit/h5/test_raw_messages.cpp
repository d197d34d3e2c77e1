// Datatype messages as HDF5 itself writes them, whole and cut anywhere.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "h5/h5.hpp"
#include "h5/raw_messages.hpp"

namespace {

namespace h5 = cplae::h5;

/// As it would lie in a file. H5Tencode puts two bytes before the message, and lets values of variable length
/// be pointers where files have references of 16 bytes.
std::vector<std::byte> message_of(hid_t type) {
  std::size_t size = 0;
  EXPECT_GE(H5Tencode(type, nullptr, &size), 0);
  std::vector<std::byte> bytes(size);
  EXPECT_GE(H5Tencode(type, bytes.data(), &size), 0);
  bytes.erase(bytes.begin(), bytes.begin() + 2);
  for (std::size_t i = 0; i + 8 <= bytes.size(); ++i)
    if ((bytes[i] & std::byte{0x0F}) == std::byte{9} && bytes[i + 4] == std::byte{sizeof(char*)} &&
        bytes[i + 1] == std::byte{1})
      bytes[i + 4] = std::byte{16};
  return bytes;
}

void expect_fits_whole_only(hid_t type, const char* what) {
  const auto message = message_of(type);
  const std::size_t bytes = H5Tis_variable_str(type) > 0 ? 16 : H5Tget_size(type);
  EXPECT_EQ(h5::value_bytes(message), bytes) << what;
  for (std::size_t size = 0; size < message.size(); ++size)
    EXPECT_FALSE(h5::value_bytes(std::span(message).first(size))) << what << ", cut to " << size;
}

h5::Handle text() {
  h5::Handle type(H5Tcopy(H5T_C_S1), "text");
  H5Tset_size(type.id(), H5T_VARIABLE);
  return type;
}

h5::Handle boolean() {
  h5::Handle type(H5Tenum_create(H5T_NATIVE_INT8), "boolean");
  for (const std::int8_t value : {std::int8_t{0}, std::int8_t{1}})
    H5Tenum_insert(type.id(), value == 0 ? "FALSE" : "TRUE", &value);
  return type;
}

TEST(RawDatatype, OfNumbersAndTexts) {
  expect_fits_whole_only(H5T_NATIVE_INT32, "integer");
  expect_fits_whole_only(H5T_NATIVE_DOUBLE, "double");
  expect_fits_whole_only(H5T_C_S1, "character");
  expect_fits_whole_only(H5T_STD_REF_OBJ, "reference");
  expect_fits_whole_only(text().id(), "text");
}

TEST(RawDatatype, OfEnumerationsAndOpaqueOnes) {
  expect_fits_whole_only(boolean().id(), "boolean");
  const h5::Handle opaque(H5Tcreate(H5T_OPAQUE, 4), "opaque");
  H5Tset_tag(opaque.id(), "a tag of some length");
  expect_fits_whole_only(opaque.id(), "opaque");
}

TEST(RawDatatype, OfCompoundsOfAllOfThem) {
  const std::array<hsize_t, 2> shape{3, 5};
  const h5::Handle grid(H5Tarray_create2(H5T_NATIVE_FLOAT, shape.size(), shape.data()), "array");
  const h5::Handle inner(H5Tcreate(H5T_COMPOUND, 80), "inner");
  H5Tinsert(inner.id(), "grid", 0, grid.id());
  H5Tinsert(inner.id(), "flag", 64, boolean().id());
  expect_fits_whole_only(inner.id(), "compound");
  const h5::Handle outer(H5Tcreate(H5T_COMPOUND, 400), "outer");
  H5Tinsert(outer.id(), "a member with a long name", 0, inner.id());
  H5Tinsert(outer.id(), "seven 7", 80, text().id());
  H5Tinsert(outer.id(), "eight 88", 300, H5T_NATIVE_INT64);
  expect_fits_whole_only(outer.id(), "compound of compounds");
}

TEST(RawDatatype, NotWithReferencesOfAnotherSize) {
  auto message = message_of(text().id());
  message[4] = std::byte{9};
  EXPECT_FALSE(h5::value_bytes(message));
}

TEST(RawDatatype, NotWithMoreMembersThanThereAre) {
  auto message = message_of(boolean().id());
  message[1] = std::byte{200};
  EXPECT_FALSE(h5::value_bytes(message));
  message[2] = std::byte{255};
  EXPECT_FALSE(h5::value_bytes(message));
}

TEST(RawDatatype, NotOfAnUnknownClassOrVersion) {
  auto message = message_of(H5T_NATIVE_INT32);
  message[0] = std::byte{0x1F};
  EXPECT_FALSE(h5::value_bytes(message));
  message[0] = std::byte{0x70};
  EXPECT_FALSE(h5::value_bytes(message));
  // A text of a text of a text ...
  std::vector<std::byte> deep;
  for (int i = 0; i < 100; ++i)
    deep.insert(deep.end(), {std::byte{0x19}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{16},
                             std::byte{0}, std::byte{0}, std::byte{0}});
  EXPECT_FALSE(h5::value_bytes(deep));
}

std::vector<std::byte> bytes_of(const std::vector<unsigned>& values) {
  std::vector<std::byte> bytes;
  for (const unsigned value : values)
    bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

/// A whole message fits, and none that is cut.
template <class Fits>
void expect_whole_only(const Fits& fits, const std::vector<unsigned>& values) {
  const auto bytes = bytes_of(values);
  EXPECT_TRUE(fits(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(fits(std::span(bytes).first(size))) << "cut to " << size;
}

TEST(RawDataspace, HasTheProductOfItsSizes) {
  const auto two = bytes_of({2, 2, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(h5::element_count(two), 15U);
  for (std::size_t size = 0; size < two.size(); ++size)
    EXPECT_EQ(h5::element_count(std::span(two).first(size)), std::nullopt);
  EXPECT_EQ(h5::element_count(bytes_of({1, 0, 0, 0, 0, 0, 0, 0})), 1U);
  EXPECT_EQ(h5::element_count(bytes_of({2, 0, 0, 2})), 0U);
  const auto vast = bytes_of({2, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(h5::element_count(vast), std::nullopt);
}

TEST(RawFillValue, EndsWithItsBytes) {
  expect_whole_only(h5::fill_value_fits, {2, 2, 2, 1, 3, 0, 0, 0, 7, 8, 9});
  expect_whole_only(h5::fill_value_fits, {3, 0x29, 2, 0, 0, 0, 7, 8});
  expect_whole_only(h5::old_fill_value_fits, {2, 0, 0, 0, 7, 8});
  EXPECT_TRUE(h5::fill_value_fits(bytes_of({2, 2, 2, 0})));
  EXPECT_TRUE(h5::fill_value_fits(bytes_of({3, 0x09})));
}

TEST(RawLayout, EndsWithItsData) {
  expect_whole_only(h5::layout_fits, {3, 0, 4, 0, 1, 2, 3, 4});
  expect_whole_only(h5::layout_fits, {3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 9, 0, 0, 0, 4, 0, 0, 0});
  expect_whole_only(h5::layout_fits, {1, 1, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 8, 9});
}

TEST(RawFilters, EndWithTheirValues) {
  // gzip with one value (and a padding one), in both versions of the message; a named filter in the newer.
  expect_whole_only(h5::filters_fit,
                    {1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0});
  expect_whole_only(h5::filters_fit, {2, 1, 1, 0, 0, 0, 1, 0, 4, 0, 0, 0});
  expect_whole_only(h5::filters_fit, {2, 1, 0, 2, 3, 0, 0, 0, 0, 0, 'a', 'b', 0});
}

}  // namespace
