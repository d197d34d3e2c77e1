#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "cplae/core/error.hpp"
#include "h5/h5.hpp"

namespace {

namespace fs = std::filesystem;
namespace h5 = cplae::h5;

/// A folder of its own for each test, removed at its end.
class H5 : public testing::Test {
protected:
  H5() {
    folder_ = fs::temp_directory_path() / ("cplae_h5_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  ~H5() override { fs::remove_all(folder_); }
  [[nodiscard]] fs::path path(const std::string& name) const { return folder_ / name; }

private:
  fs::path folder_;
};

/// The message of the error of type E that `act` must throw.
template <class E, class Act>
std::string message_of(const Act& act) {
  try {
    act();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error of the expected type";
  return "";
}

void expect_words(const std::string& message, const std::vector<std::string>& words) {
  EXPECT_EQ(message.find('\n'), std::string::npos);
  for (const auto& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << message;
}

TEST_F(H5, NumbersTextAndBoolsComeBack) {
  const std::vector<double> numbers{1.5, NAN, -3e300, 4, 5, 6};
  const std::vector<std::string> texts{"", "é", "a longer text with blanks "};
  const std::vector<std::uint8_t> flags{1, 0, 1};
  {
    h5::Handle file = h5::create_file(path("a.h5"));
    (void)h5::write_array(file, "deep/numbers", std::span<const double>(numbers), {2, 3});
    (void)h5::write_texts(file, "texts", texts);
    (void)h5::write_texts(file, "none", {});
    (void)h5::write_bools(file, "flags", flags);
    file.close();
  }
  const h5::Handle file = h5::open_file(path("a.h5"));
  const h5::Dataset dataset = h5::open_dataset(file, "deep/numbers");
  EXPECT_EQ(dataset.shape, (h5::Shape{2, 3}));
  const auto back = h5::read<double>(dataset);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    EXPECT_TRUE(back[i] == numbers[i] || (std::isnan(back[i]) && std::isnan(numbers[i])));
  EXPECT_EQ(h5::read<std::int64_t>(file, "flags"), (std::vector<std::int64_t>{1, 0, 1}));
  EXPECT_EQ(h5::read_texts(file, "texts"), texts);
  EXPECT_TRUE(h5::read_texts(file, "none").empty());
  EXPECT_EQ(h5::members(file), (std::vector<std::string>{"deep", "flags", "none", "texts"}));
}

TEST_F(H5, BlocksOfRows) {
  h5::Handle file = h5::create_file(path("a.h5"));
  {
    const h5::Handle made =
        h5::create_dataset(file, "x", H5T_NATIVE_FLOAT, {4, 2}, {.chunk = {2, 2}, .deflate = 4});
    const std::vector<float> values{0, 0, 1, 2, 3, 4, 0, 0};
    h5::write(made, std::span<const float>(values));
    EXPECT_THROW(h5::write(made, std::span<const float>(values).first(7)), cplae::IoError);
  }
  const h5::Dataset dataset = h5::open_dataset(file, "x");
  EXPECT_EQ(h5::read<float>(dataset), (std::vector<float>{0, 0, 1, 2, 3, 4, 0, 0}));
  std::vector<float> part(2);
  h5::read_block(dataset, {.offset = {2, 0}, .count = {1, 2}}, std::span<float>(part));
  EXPECT_EQ(part, (std::vector<float>{3, 4}));
  EXPECT_THROW(h5::read_block(dataset, {.offset = {2, 0}, .count = {2, 2}}, std::span<float>(part)),
               cplae::IoError);
  EXPECT_THROW(h5::read_block(dataset, {.offset = {4, 0}, .count = {1, 2}}, std::span<float>(part)),
               cplae::IoError);
}

TEST_F(H5, AttributesAreWrittenReplacedAndRead) {
  const h5::Handle file = h5::create_file(path("a.h5"));
  const h5::Handle group = h5::create_group(file, "g");
  h5::write_text_attribute(group, "text", "old");
  h5::write_text_attribute(group, "text", "é");
  h5::write_texts_attribute(group, "texts", {"a", "", "c"});
  h5::write_texts_attribute(group, "none", {});
  h5::write_integer_attribute(group, "integer", -7);
  h5::write_real_attribute(group, "real", 0.25);
  EXPECT_EQ(h5::text_attribute(group, "text"), "é");
  EXPECT_EQ(h5::texts_attribute(group, "texts"), (std::vector<std::string>{"a", "", "c"}));
  EXPECT_EQ(h5::texts_attribute(group, "none"), std::vector<std::string>());
  EXPECT_EQ(h5::integers_attribute(group, "integer"), std::vector<std::int64_t>{-7});
  EXPECT_EQ(h5::real_attribute(group, "real"), 0.25);
  EXPECT_EQ(h5::text_attribute(group, "absent"), std::nullopt);
  expect_words(message_of<cplae::DataError>([&] { (void)h5::text_attribute(group, "integer"); }),
               {"a.h5: /g", "'integer'", "holds no text"});
  expect_words(message_of<cplae::DataError>([&] { (void)h5::integers_attribute(group, "text"); }),
               {"a.h5: /g", "'text'", "holds no number"});
}

TEST_F(H5, LinksAndKinds) {
  const h5::Handle file = h5::create_file(path("a.h5"));
  (void)h5::create_group(file, "a/b");
  (void)h5::write_texts(file, "a/t", {"x"});
  EXPECT_EQ(h5::kind(file, "a"), h5::Kind::group);
  EXPECT_EQ(h5::kind(file, "a/t"), h5::Kind::dataset);
  EXPECT_EQ(h5::kind(file, "a/t/further"), h5::Kind::none);
  EXPECT_EQ(h5::kind(file, "q/t"), h5::Kind::none);
  EXPECT_EQ(h5::kind(file, "/"), h5::Kind::group);
  h5::remove(file, "a/t");
  h5::remove(file, "a/t");
  EXPECT_FALSE(h5::has(file, "a/t"));
  expect_words(message_of<cplae::DataError>([&] { (void)h5::open_group(file, "q"); }),
               {"a.h5: /q", "missing"});
  expect_words(message_of<cplae::DataError>([&] { (void)h5::open_dataset(file, "a"); }),
               {"a.h5: /a", "no dataset"});
}

TEST_F(H5, FailuresCarryTheReason) {
  expect_words(message_of<cplae::IoError>([&] { (void)h5::create_file(path("none/a.h5")); }),
               {"none/a.h5: cannot be made", "No such file"});
  expect_words(message_of<cplae::IoError>([&] { (void)h5::open_file(path("none.h5")); }),
               {"none.h5: no such file"});
}

TEST_F(H5, ClosingAFileWithOpenObjectsIsAnError) {
  h5::Handle file = h5::create_file(path("a.h5"));
  const h5::Handle group = h5::create_group(file, "g");
  expect_words(message_of<cplae::IoError>([&] { file.close(); }), {"a.h5", "closing failed"});
}

TEST_F(H5, HandlesMoveAndCloseOnce) {
  h5::Handle a = h5::text_type();
  const hid_t id = a.id();
  h5::Handle b = std::move(a);
  EXPECT_EQ(b.id(), id);
  EXPECT_GT(H5Iis_valid(id), 0);
  a = h5::bool_type();
  b = std::move(a);
  b.close();
  EXPECT_LE(H5Iis_valid(b.id()), 0);
}

}  // namespace
