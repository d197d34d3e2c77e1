#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cplae/core/error.hpp"
#include "cplae/reduce/frame.hpp"

namespace cplae::reduce {
namespace {

Frame sample() {
  return Frame({{"name", std::vector<std::string>{"a", "", "c,\"d\""}},
                {"value", std::vector<double>{0.1, std::nan(""), -1e300}},
                {"count", std::vector<std::int64_t>{1, -2, 3}}});
}

TEST(Frame, SurvivesARecordBitForBit) {
  Record record;
  put(record, "table", sample());
  record.kind = "test";
  const Frame back = get(decode(encode(record), "memory"), "table");
  EXPECT_EQ(back.texts("name"), sample().texts("name"));
  EXPECT_EQ(back.integers("count"), sample().integers("count"));
  EXPECT_EQ(back.numbers("value")[0], 0.1);
  EXPECT_TRUE(std::isnan(back.numbers("value")[1]));
  EXPECT_EQ(back.numbers("value")[2], -1e300);
  ASSERT_EQ(back.columns().size(), 3U);
  EXPECT_EQ(back.columns()[2].name, "count");
}

TEST(Frame, EmptyTablesAndEmptyTextsDiffer) {
  Record record;
  put(record, "none", Frame({{"name", std::vector<std::string>{}}}));
  put(record, "one", Frame({{"name", std::vector<std::string>{""}}}));
  EXPECT_EQ(get(record, "none").rows(), 0U);
  EXPECT_EQ(get(record, "one").rows(), 1U);
  EXPECT_EQ(get(record, "absent").columns().size(), 0U);
}

TEST(Frame, RowsAsTextReadBackAsTheSameNumber) {
  const auto row = sample().row_text(0);
  EXPECT_EQ(row, (std::vector<std::string>{"a", "0.1", "1"}));
  EXPECT_EQ(sample().row_text(1)[1], "");
  EXPECT_EQ(std::stod(sample().row_text(2)[1]), -1e300);
}

TEST(Frame, RefusesWhatItCannotHold) {
  EXPECT_THROW(Frame({{"a", std::vector<double>{1}}, {"b", std::vector<double>{}}}), Error);
  Record record;
  EXPECT_THROW(put(record, "t", Frame({{"name", std::vector<std::string>{"two\nlines"}}})), Error);
  EXPECT_THROW(static_cast<void>(sample().numbers("name")), Error);
  put(record, "table", sample());
  record.arrays.erase("table/value");
  EXPECT_THROW(static_cast<void>(get(record, "table")), DataError);
}

}  // namespace
}  // namespace cplae::reduce
