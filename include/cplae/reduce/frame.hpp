#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "cplae/core/record.hpp"

namespace cplae::reduce {

/// A column of a table: all values of one type, one a row.
struct FrameColumn {
  std::string name;
  std::variant<std::vector<std::string>, std::vector<double>, std::vector<std::int64_t>> values;
};

/// A small table by columns. Every column has the same number of rows.
class Frame {
public:
  Frame() = default;
  explicit Frame(std::vector<FrameColumn> columns);

  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] const std::vector<FrameColumn>& columns() const { return columns_; }
  /// Throw Error when there is no such column of that type.
  [[nodiscard]] const std::vector<std::string>& texts(const std::string& name) const;
  [[nodiscard]] const std::vector<double>& numbers(const std::string& name) const;
  [[nodiscard]] const std::vector<std::int64_t>& integers(const std::string& name) const;

  /// One row as text, in the order of the columns; a number is written so that it reads back as the same
  /// double, NaN as nothing.
  [[nodiscard]] std::vector<std::string> row_text(std::size_t row) const;

private:
  std::vector<FrameColumn> columns_;
};

/// A number as tables have it: reads back as the same double; NaN is nothing.
[[nodiscard]] std::string field_text(double value);

/// Puts a frame into a record under `name`; texts must hold no line break (Error).
void put(Record& record, const std::string& name, const Frame& frame);
/// The frame of that name; empty if there is none. Throws DataError when the record does not hold it whole.
[[nodiscard]] Frame get(const Record& record, const std::string& name);

}  // namespace cplae::reduce
