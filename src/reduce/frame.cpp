#include "cplae/reduce/frame.hpp"

#include <algorithm>
#include <cmath>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::reduce {

namespace {

std::size_t length(const FrameColumn& column) {
  return std::visit([](const auto& values) { return values.size(); }, column.values);
}

template <class Value>
const std::vector<Value>& column_of(const std::vector<FrameColumn>& columns, const std::string& name) {
  for (const auto& column : columns)
    if (column.name == name)
      if (const auto* values = std::get_if<std::vector<Value>>(&column.values)) return *values;
  throw Error("a table has no column '" + name + "' of the expected type");
}

std::string text_of(const std::string& value) {
  return value;
}
std::string text_of(double value) {
  return field_text(value);
}
std::string text_of(std::int64_t value) {
  return std::to_string(value);
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// Every line ends in a line break, so that no texts and one empty text differ.
std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    if (line.find('\n') != std::string::npos)
      throw Error("a table cannot hold a text with a line break: '" + line + "'");
    text += line + "\n";
  }
  return text;
}

}  // namespace

Frame::Frame(std::vector<FrameColumn> columns) : columns_(std::move(columns)) {
  for (const auto& column : columns_)
    if (length(column) != rows())
      throw Error("column '" + column.name + "' of a table has another number of rows");
}

std::size_t Frame::rows() const {
  return columns_.empty() ? 0 : length(columns_.front());
}

const std::vector<std::string>& Frame::texts(const std::string& name) const {
  return column_of<std::string>(columns_, name);
}
const std::vector<double>& Frame::numbers(const std::string& name) const {
  return column_of<double>(columns_, name);
}
const std::vector<std::int64_t>& Frame::integers(const std::string& name) const {
  return column_of<std::int64_t>(columns_, name);
}

std::string field_text(double value) {
  return std::isnan(value) ? std::string() : number_text(value);
}

std::vector<std::string> Frame::row_text(std::size_t row) const {
  std::vector<std::string> texts;
  for (const auto& column : columns_)
    texts.push_back(std::visit([row](const auto& values) { return text_of(values[row]); }, column.values));
  return texts;
}

void put(Record& record, const std::string& name, const Frame& frame) {
  std::vector<std::string> names;
  for (const auto& column : frame.columns()) {
    names.push_back(column.name);
    const std::string key = name + "/" + column.name;
    if (const auto* texts = std::get_if<std::vector<std::string>>(&column.values)) {
      record.text[key] = join_lines(*texts);
    } else if (const auto* numbers = std::get_if<std::vector<double>>(&column.values)) {
      record.arrays[key] = {{static_cast<std::int64_t>(numbers->size())}, *numbers};
    } else {
      const auto& integers = std::get<std::vector<std::int64_t>>(column.values);
      record.arrays[key] = {{static_cast<std::int64_t>(integers.size())}, integers};
    }
  }
  record.text[name] = join_lines(names);
}

Frame get(const Record& record, const std::string& name) {
  const auto listed = record.text.find(name);
  if (listed == record.text.end()) return {};
  std::vector<FrameColumn> columns;
  for (const auto& column : split_lines(listed->second)) {
    const std::string key = name + "/" + column;
    if (const auto text = record.text.find(key); text != record.text.end()) {
      columns.push_back({column, split_lines(text->second)});
      continue;
    }
    const auto array = record.arrays.find(key);
    if (array == record.arrays.end()) throw DataError("a unit of statistics lacks its column " + key);
    if (const auto* numbers = std::get_if<std::vector<double>>(&array->second.values))
      columns.push_back({column, *numbers});
    else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&array->second.values))
      columns.push_back({column, *integers});
    else
      throw DataError("a unit of statistics has a column of another type: " + key);
  }
  return Frame(std::move(columns));
}

}  // namespace cplae::reduce
