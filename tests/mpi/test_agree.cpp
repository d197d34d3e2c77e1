// agree() and agree_same(): every rank throws what one rank threw, and no rank is left in a collective.
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <string>

#include "cplae/core/error.hpp"
#include "world.hpp"

namespace cplae::dist {
namespace {

/// Exactly this type, not one derived from it.
template <class Kind>
std::string text_of(const Communicator& communicator, const std::function<void()>& local) {
  try {
    agree(communicator, local);
  } catch (const Error& error) {
    EXPECT_EQ(typeid(error), typeid(Kind)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

template <class Kind>
class AgreeOnKind : public testing::Test {};
using Kinds = testing::Types<UsageError, DataError, NumericError, OutOfDeviceMemory, IoError, CommError,
                             Stopped, Error>;
TYPED_TEST_SUITE(AgreeOnKind, Kinds);

TYPED_TEST(AgreeOnKind, KeepsTheKindAndNamesTheRank) {
  const Communicator& world = test::world();
  const int last = world.size() - 1;
  const std::string text = text_of<TypeParam>(world, [&] {
    if (world.rank() == last) throw TypeParam("cell 7: NaN");
  });
  EXPECT_EQ(text, world.size() == 1 ? "cell 7: NaN" : "rank " + std::to_string(last) + ": cell 7: NaN");
}

TYPED_TEST(AgreeOnKind, NamesNoRankWhenAllFailAlike) {
  EXPECT_EQ(text_of<TypeParam>(test::world(), [] { throw TypeParam("study.toml: gone"); }),
            "study.toml: gone");
}

TEST(Agree, PassesWhenNobodyThrows) {
  int calls = 0;
  agree(test::world(), [&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(Agree, TheLowestRankSpeaksWhenSeveralFail) {
  const Communicator& world = test::world();
  if (world.size() < 3) GTEST_SKIP() << "needs 3 ranks";
  const std::string text = text_of<IoError>(world, [&] {
    if (world.rank() == 1) throw IoError("disk 1");
    if (world.rank() == 2) throw DataError("cell 2");
  });
  EXPECT_EQ(text, "rank 1: disk 1");
}

TEST(Agree, UnknownExceptionsBecomeError) {
  EXPECT_EQ(text_of<Error>(test::world(), [] { throw std::out_of_range("index 3"); }), "index 3");
  EXPECT_EQ(text_of<Error>(test::world(), [] { throw 3; }), "an exception that is no std::exception");
}

TEST(Agree, WithoutMemoryItTellsWhatWasDone) {
  const Communicator& world = test::world();
  const int last = world.size() - 1;
  std::string doing = "beginning";
  const auto starve = [&] {
    doing = "computing cell 7";
    if (world.rank() == last) throw std::bad_alloc();
  };
  const std::string prefix = world.size() == 1 ? "" : "rank " + std::to_string(last) + ": ";
  const auto text_from = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  EXPECT_EQ(text_from([&] { agree(world, starve, doing); }), prefix + "out of memory while computing cell 7");
  EXPECT_EQ(text_from([&] { agree(world, starve); }), prefix + "out of memory");
  EXPECT_EQ(text_from([&] {
              on_root(
                  world, [] { throw std::bad_alloc(); }, "reading");
            }),
            "out of memory while reading");
}

TEST(Agree, AnEmptyTextIsStillAFailure) {
  EXPECT_EQ(text_of<NumericError>(test::world(), [] { throw NumericError(""); }), "");
}

TEST(Agree, OnASplitCommunicatorTheOtherGroupGoesOn) {
  const Communicator& world = test::world();
  const Communicator group = world.split(world.rank() % 2);
  bool thrown = false;
  try {
    agree(group, [&] {
      if (world.rank() == 1) throw DataError("odd");
    });
  } catch (const DataError&) {
    thrown = true;
  }
  EXPECT_EQ(thrown, world.rank() % 2 == 1);
  world.barrier();
}

TEST(AgreeSame, PassesOnEqualTexts) {
  EXPECT_NO_THROW(agree_same(test::world(), "abc", "the study"));
  EXPECT_NO_THROW(agree_same(test::world(), "", "the study"));
}

TEST(AgreeSame, NamesWhatDiffersWhereAndBothValues) {
  const Communicator& world = test::world();
  if (world.size() == 1) GTEST_SKIP() << "needs 2 ranks";
  const int last = world.size() - 1;
  try {
    agree_same(world, world.rank() == last ? "lambda = 1" : "lambda = 0", "the study");
    ADD_FAILURE() << "nothing was thrown";
  } catch (const CommError& error) {
    EXPECT_EQ(std::string(error.what()), "the study is not the same on every rank: rank " +
                                             std::to_string(last) +
                                             " has 'lambda = 1', rank 0 has 'lambda = 0'");
  }
}

}  // namespace
}  // namespace cplae::dist
