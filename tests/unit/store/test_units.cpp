#include "cplae/store/units.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "scratch.hpp"

namespace cplae::store {
namespace {

using std::chrono::milliseconds;

class Units : public testing::Test {
protected:
  Units() : units_(RunFolder(scratch_.path())) {
    for (const UnitKind kind : {UnitKind::network, UnitKind::statistics})
      make_folder(units_.folder().units(kind));
  }
  static Record record(std::int64_t value) {
    Record made;
    made.arrays["x"] = {.shape = {1}, .values = std::vector<std::int64_t>{value}};
    return made;
  }
  static std::int64_t value_of(const Record& record) {
    return std::get<std::vector<std::int64_t>>(record.arrays.at("x").values).at(0);
  }

  test::Scratch scratch_;
  UnitStore units_;
};

TEST_F(Units, ComeBackByKindAndId) {
  units_.write(UnitKind::network, "a", record(1));
  units_.write(UnitKind::statistics, "a", record(2));
  units_.write(UnitKind::network, "odd/id", record(3));
  EXPECT_EQ(value_of(units_.read(UnitKind::network, "a").value()), 1);
  EXPECT_EQ(value_of(units_.read(UnitKind::statistics, "a").value()), 2);
  EXPECT_EQ(value_of(units_.read(UnitKind::network, "odd/id").value()), 3);
  EXPECT_FALSE(units_.read(UnitKind::network, "b"));
  units_.write(UnitKind::network, "a", record(4));
  EXPECT_EQ(value_of(units_.read(UnitKind::network, "a").value()), 4);
}

TEST_F(Units, ATornOneCountsAsMissing) {
  write_file_atomically(units_.folder().unit(UnitKind::network, "torn"), std::string_view("CPLAEREC"));
  EXPECT_FALSE(units_.read(UnitKind::network, "torn"));
}

TEST_F(Units, IsEmptyUntilThereIsAFileOfAUnit) {
  EXPECT_TRUE(units_.is_empty(UnitKind::network));
  write_file_atomically(units_.folder().checkpoint("c"), std::string_view("not a unit"));
  EXPECT_TRUE(units_.is_empty(UnitKind::network));
  write_file_atomically(units_.folder().unit(UnitKind::network, "torn"), std::string_view("CPLAEREC"));
  EXPECT_FALSE(units_.is_empty(UnitKind::network));
  EXPECT_TRUE(UnitStore(RunFolder(scratch_ / "new")).is_empty(UnitKind::network));
}

TEST_F(Units, AFileUnderAnothersNameCountsAsMissing) {
  units_.write(UnitKind::network, "a", record(1));
  std::filesystem::copy_file(units_.folder().unit(UnitKind::network, "a"),
                             units_.folder().unit(UnitKind::network, "b"));
  std::filesystem::copy_file(units_.folder().unit(UnitKind::network, "a"),
                             units_.folder().unit(UnitKind::statistics, "a"));
  EXPECT_FALSE(units_.read(UnitKind::network, "b"));
  EXPECT_FALSE(units_.read(UnitKind::statistics, "a"));
  EXPECT_EQ(value_of(units_.read(UnitKind::network, "a").value()), 1);
}

TEST_F(Units, AUnitOfAnotherRunCountsAsMissingAndIsNamed) {
  const UnitStore ours(units_.folder(), "ours");
  const UnitStore theirs(units_.folder(), "theirs");
  ours.write(UnitKind::network, "a", record(1));
  theirs.write(UnitKind::network, "b", record(2));
  units_.write(UnitKind::network, "c", record(3));  // of a version that noted nothing
  EXPECT_EQ(value_of(ours.read(UnitKind::network, "a").value()), 1);
  EXPECT_EQ(value_of(theirs.read(UnitKind::network, "b").value()), 2);
  testing::internal::CaptureStderr();
  EXPECT_FALSE(ours.read(UnitKind::network, "b"));
  EXPECT_FALSE(ours.read(UnitKind::network, "c"));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("b.unit: a unit of another study"), std::string::npos) << text;
  EXPECT_NE(text.find("c.unit: a unit of another study"), std::string::npos) << text;
  EXPECT_THROW(static_cast<void>(ours.read_awaited(UnitKind::network, "b", milliseconds(20))), IoError);
}

TEST_F(Units, ARunWithoutFoldersHasNone) {
  EXPECT_FALSE(UnitStore(RunFolder(scratch_ / "new")).read(UnitKind::network, "a"));
}

TEST_F(Units, AnAwaitedUnitMayComeLate) {
  std::thread late([&] {
    std::this_thread::sleep_for(milliseconds(50));
    units_.write(UnitKind::network, "a", record(5));
  });
  EXPECT_EQ(value_of(units_.read_awaited(UnitKind::network, "a")), 5);
  late.join();
}

TEST_F(Units, AnAwaitedUnitThatNeverComesIsNamed) {
  try {
    static_cast<void>(units_.read_awaited(UnitKind::network, "never", milliseconds(30)));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("never.unit"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace cplae::store
