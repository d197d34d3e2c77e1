// Datatype messages as HDF5 itself writes them, whole and cut anywhere.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "h5/h5.hpp"
#include "h5/raw_datatype.hpp"

namespace {

namespace h5 = cplae::h5;

/// H5Tencode puts two bytes before the message.
std::vector<std::byte> message_of(hid_t type) {
  std::size_t size = 0;
  EXPECT_GE(H5Tencode(type, nullptr, &size), 0);
  std::vector<std::byte> bytes(size);
  EXPECT_GE(H5Tencode(type, bytes.data(), &size), 0);
  return {bytes.begin() + 2, bytes.end()};
}

void expect_fits_whole_only(hid_t type, const char* what) {
  const auto message = message_of(type);
  EXPECT_TRUE(h5::datatype_fits(message)) << what;
  for (std::size_t size = 0; size < message.size(); ++size)
    EXPECT_FALSE(h5::datatype_fits(std::span(message).first(size))) << what << ", cut to " << size;
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

TEST(DatatypeFits, OfNumbersAndTexts) {
  expect_fits_whole_only(H5T_NATIVE_INT32, "integer");
  expect_fits_whole_only(H5T_NATIVE_DOUBLE, "double");
  expect_fits_whole_only(H5T_C_S1, "character");
  expect_fits_whole_only(H5T_STD_REF_OBJ, "reference");
  expect_fits_whole_only(text().id(), "text");
}

TEST(DatatypeFits, OfEnumerationsAndOpaqueOnes) {
  expect_fits_whole_only(boolean().id(), "boolean");
  const h5::Handle opaque(H5Tcreate(H5T_OPAQUE, 4), "opaque");
  H5Tset_tag(opaque.id(), "a tag of some length");
  expect_fits_whole_only(opaque.id(), "opaque");
}

TEST(DatatypeFits, OfCompoundsOfAllOfThem) {
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

TEST(DatatypeFits, NotWithMoreMembersThanThereAre) {
  auto message = message_of(boolean().id());
  message[1] = std::byte{200};
  EXPECT_FALSE(h5::datatype_fits(message));
  message[2] = std::byte{255};
  EXPECT_FALSE(h5::datatype_fits(message));
}

TEST(DatatypeFits, NotOfAnUnknownClassOrVersion) {
  auto message = message_of(H5T_NATIVE_INT32);
  message[0] = std::byte{0x1F};
  EXPECT_FALSE(h5::datatype_fits(message));
  message[0] = std::byte{0x70};
  EXPECT_FALSE(h5::datatype_fits(message));
  // A text of a text of a text ...
  std::vector<std::byte> deep;
  for (int i = 0; i < 100; ++i)
    deep.insert(deep.end(), {std::byte{0x19}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{16},
                             std::byte{0}, std::byte{0}, std::byte{0}});
  EXPECT_FALSE(h5::datatype_fits(deep));
}

}  // namespace
