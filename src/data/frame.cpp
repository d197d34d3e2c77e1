#include "frame.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

std::string encoding(const h5::Handle& object) {
  return h5::text_attribute(object, "encoding-type").value_or("");
}

ObsColumn text_column(std::vector<std::string> values) {
  ObsColumn column;
  column.text = std::move(values);
  return column;
}

ObsColumn number_column(std::vector<double> values) {
  ObsColumn column;
  column.is_text = false;
  column.numbers = std::move(values);
  return column;
}

void check_vector(const h5::Dataset& dataset) {
  if (dataset.shape.size() != 1)
    throw DataError(h5::where(dataset.handle) + ": has " + std::to_string(dataset.shape.size()) +
                    " dimensions, expected one");
}

/// Numbers that a double cannot hold are names of something: they stay as they are written.
ObsColumn whole_column(const h5::Dataset& dataset) {
  constexpr double most_exact = 9007199254740992.0;  // 2^53
  auto values = h5::read<double>(dataset);
  if (std::all_of(values.begin(), values.end(), [](double x) { return std::abs(x) < most_exact; }))
    return number_column(std::move(values));
  std::vector<std::string> texts;
  for (const std::int64_t value : h5::read<std::int64_t>(dataset))
    texts.push_back(std::to_string(value));
  return text_column(std::move(texts));
}

ObsColumn dataset_column(const h5::Handle& parent, const std::string& name) {
  const h5::Dataset dataset = h5::open_dataset(parent, name);
  check_vector(dataset);
  switch (dataset.element) {
    case h5::Element::text:
      return text_column(h5::read_texts(dataset));
    case h5::Element::integer:
      return whole_column(dataset);
    case h5::Element::real:
    case h5::Element::boolean:
      return number_column(h5::read<double>(dataset));
    case h5::Element::other:
      break;
  }
  throw DataError(h5::where(dataset.handle) +
                  ": holds neither numbers nor text, expected a column of either");
}

bool is_boolean(const h5::Handle& parent, const std::string& name) {
  return h5::kind(parent, name) == h5::Kind::dataset &&
         h5::open_dataset(parent, name).element == h5::Element::boolean;
}

/// Categories as text, whatever they are; True and False as pandas prints them.
std::vector<std::string> category_names(const h5::Handle& parent, const std::string& name, int depth) {
  const ObsColumn column = read_column(parent, name, depth);
  auto names = as_text(column);
  if (is_boolean(parent, name))
    for (auto& one : names)
      one = one == "0" ? "False" : "True";
  return names;
}

ObsColumn decode(const std::vector<std::int64_t>& codes, const std::vector<std::string>& categories,
                 const h5::Handle& owner, const std::string& where) {
  std::size_t longest = 0;
  for (const auto& category : categories)
    longest = std::max(longest, category.size());
  // Every cell gets a copy of its category's name.
  owner.charge(codes.size() * (limits::text_overhead + longest));
  std::vector<std::string> values;
  values.reserve(codes.size());
  for (const std::int64_t code : codes) {
    if (code < -1 || code >= static_cast<std::int64_t>(categories.size()))
      throw DataError(where + ": the code " + std::to_string(code) + ", expected -1 to " +
                      std::to_string(static_cast<std::int64_t>(categories.size()) - 1) + " (its categories)");
    values.push_back(code < 0 ? "" : categories[static_cast<std::size_t>(code)]);
  }
  return text_column(std::move(values));
}

ObsColumn categorical_column(const h5::Handle& group, int depth) {
  const h5::Dataset codes = h5::open_dataset(group, "codes");
  check_vector(codes);
  return decode(h5::read<std::int64_t>(codes), category_names(group, "categories", depth + 1), group,
                h5::where(group));
}

ObsColumn nullable_column(const h5::Handle& group, int depth) {
  ObsColumn column = read_column(group, "values", depth + 1);
  const ObsColumn mask = read_column(group, "mask", depth + 1);
  const std::size_t size = column.is_text ? column.text.size() : column.numbers.size();
  if (mask.numbers.size() != size)
    throw DataError(h5::where(group) + ": " + std::to_string(mask.numbers.size()) + " mask flags for " +
                    std::to_string(size) + " values, expected as many");
  for (std::size_t i = 0; i < size; ++i) {
    if (mask.numbers[i] == 0) continue;
    if (column.is_text)
      column.text[i].clear();
    else
      column.numbers[i] = no_number;
  }
  return column;
}

ObsColumn group_column(const h5::Handle& parent, const std::string& name, int depth) {
  if (depth >= limits::nesting)
    throw DataError(h5::where(parent, name) + ": columns within columns, expected at most " +
                    std::to_string(limits::nesting) + " levels");
  const h5::Handle group = h5::open_group(parent, name);
  const std::string kind = encoding(group);
  if (kind == "categorical" || (kind.empty() && h5::has(group, "codes")))
    return categorical_column(group, depth);
  if (kind == "nullable-integer" || kind == "nullable-boolean" || kind == "nullable-string-array")
    return nullable_column(group, depth);
  throw DataError(
      h5::where(group) + ": encoding '" + kind +
      "', expected categorical, nullable-integer, nullable-boolean, nullable-string-array or an array");
}

h5::Handle open_frame(const h5::Handle& parent, const std::string& name) {
  if (h5::kind(parent, name) == h5::Kind::dataset)
    throw DataError(h5::where(parent, name) +
                    ": a table as anndata wrote it before 0.7; expected a dataframe (open it in anndata and "
                    "write it again)");
  h5::Handle group = h5::open_group(parent, name);
  if (const std::string kind = encoding(group); !kind.empty() && kind != "dataframe")
    throw DataError(h5::where(group) + ": encoding '" + kind + "', expected dataframe");
  return group;
}

std::string index_name(const h5::Handle& frame) {
  auto name = h5::text_attribute(frame, "_index");
  if (!name)
    throw DataError(h5::where(frame) + ": no attribute '_index', expected the name of the row names");
  return *name;
}

}  // namespace

void check_names(const std::vector<std::string>& names, const std::string& what, const std::string& where) {
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty())
      throw DataError(where + ": " + what + " " + std::to_string(i + 1) +
                      " has an empty name, expected unique names");
    if (!is_utf8(names[i]))
      throw DataError(where + ": the name of " + what + " " + std::to_string(i + 1) +
                      " is no valid UTF-8, expected UTF-8");
    if (std::any_of(names[i].begin(), names[i].end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
      throw DataError(where + ": the " + what + " name '" + one_line(names[i]) +
                      "' holds a line break or control character, expected plain text");
    if (!seen.insert(names[i]).second)
      throw DataError(where + ": the " + what + " name '" + one_line(names[i]) +
                      "' is there twice, expected unique names");
  }
}

std::vector<std::string> as_text(const ObsColumn& column) {
  if (column.is_text) return column.text;
  std::vector<std::string> texts;
  texts.reserve(column.numbers.size());
  for (const double number : column.numbers)
    texts.push_back(std::isnan(number) ? "" : number_text(number));
  return texts;
}

ObsColumn read_column(const h5::Handle& parent, const std::string& name, int depth) {
  ObsColumn column = h5::kind(parent, name) == h5::Kind::group ? group_column(parent, name, depth)
                                                               : dataset_column(parent, name);
  column.name = name;
  return column;
}

std::vector<std::string> read_index(const h5::Handle& parent, const std::string& frame,
                                    const std::string& what) {
  const h5::Handle group = open_frame(parent, frame);
  auto names = as_text(read_column(group, index_name(group)));
  check_names(names, what, h5::where(group));
  return names;
}

std::vector<ObsColumn> read_columns(const h5::Handle& parent, const std::string& frame, std::size_t rows) {
  const h5::Handle group = open_frame(parent, frame);
  const auto order = h5::texts_attribute(group, "column-order");
  if (!order)
    throw DataError(h5::where(group) + ": no attribute 'column-order', expected the names of the columns");
  std::vector<ObsColumn> columns;
  for (const auto& name : *order) {
    ObsColumn column = read_column(group, name);
    // anndata 0.7 kept the categories of all columns beside them, and only the codes in the column.
    if (const std::string categories = "__categories/" + name;
        !column.is_text && h5::has(group, categories)) {
      const std::vector<std::int64_t> codes = h5::read<std::int64_t>(group, name);
      column = decode(codes, category_names(group, categories, 1), group, h5::where(group, name));
      column.name = name;
    }
    const std::size_t size = column.is_text ? column.text.size() : column.numbers.size();
    if (size != rows)
      throw DataError(h5::where(group, name) + ": " + std::to_string(size) + " values, expected " +
                      std::to_string(rows) + " as there are rows");
    columns.push_back(std::move(column));
  }
  return columns;
}

std::vector<std::string> column_names(const h5::Handle& parent, const std::string& frame) {
  return h5::texts_attribute(h5::open_group(parent, frame), "column-order")
      .value_or(std::vector<std::string>());
}

}  // namespace cplae::data
