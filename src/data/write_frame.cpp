#include "write_frame.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "cplae/core/error.hpp"

namespace cplae::data {

namespace {

template <class Code>
void write_codes(const h5::Handle& group, const std::vector<std::int32_t>& codes) {
  const std::vector<Code> narrow(codes.begin(), codes.end());
  write_encoded_array(group, "codes", std::span<const Code>(narrow), {narrow.size()});
}

void write_categorical(const h5::Handle& parent, const std::string& name,
                       const std::vector<std::string>& values) {
  std::set<std::string> distinct(values.begin(), values.end());
  distinct.erase("");
  const std::vector<std::string> categories(distinct.begin(), distinct.end());
  std::vector<std::int32_t> codes;
  codes.reserve(values.size());
  for (const auto& value : values) {
    const auto at = std::lower_bound(categories.begin(), categories.end(), value);
    codes.push_back(value.empty() ? -1 : static_cast<std::int32_t>(at - categories.begin()));
  }
  const h5::Handle group = h5::create_group(parent, name);
  write_encoding(group, "categorical", "0.2.0");
  h5::write_bool_attribute(group, "ordered", false);
  write_text_array(group, "categories", categories);
  // The narrowest type, as pandas has it.
  if (categories.size() <= std::numeric_limits<std::int8_t>::max())
    write_codes<std::int8_t>(group, codes);
  else if (categories.size() <= std::numeric_limits<std::int16_t>::max())
    write_codes<std::int16_t>(group, codes);
  else
    write_codes<std::int32_t>(group, codes);
}

void write_column(const h5::Handle& group, const ObsColumn& column) {
  if (column.is_text)
    write_categorical(group, column.name, column.text);
  else
    write_encoded_array(group, column.name, std::span<const double>(column.numbers), {column.numbers.size()});
}

/// "_index", unless a column has that name.
std::string index_name(const std::vector<std::string>& columns) {
  std::string name = "_index";
  while (std::find(columns.begin(), columns.end(), name) != columns.end())
    name += '_';
  return name;
}

/// An empty frame that names its columns, which the caller then writes.
h5::Handle begin_frame(const h5::Handle& parent, const std::string& name,
                       const std::vector<std::string>& index, const std::vector<std::string>& columns) {
  h5::Handle group = h5::create_group(parent, name);
  write_encoding(group, "dataframe", "0.2.0");
  const std::string row_names = index_name(columns);
  h5::write_text_attribute(group, "_index", row_names);
  h5::write_texts_attribute(group, "column-order", columns);
  write_text_array(group, row_names, index);
  return group;
}

}  // namespace

void write_text_array(const h5::Handle& parent, const std::string& name,
                      const std::vector<std::string>& values) {
  const h5::Handle array = h5::write_texts(parent, name, values);
  write_encoding(array, "string-array", "0.2.0");
}

void write_encoding(const h5::Handle& object, std::string_view type, std::string_view version) {
  h5::write_text_attribute(object, "encoding-type", type);
  h5::write_text_attribute(object, "encoding-version", version);
}

h5::Handle require_dict(const h5::Handle& parent, const std::string& name) {
  if (h5::has(parent, name)) return h5::open_group(parent, name);
  h5::Handle group = h5::create_group(parent, name);
  write_encoding(group, "dict", "0.1.0");
  return group;
}

void write_encoded_bools(const h5::Handle& parent, const std::string& name,
                         std::span<const std::uint8_t> values) {
  const h5::Handle array = h5::write_bools(parent, name, values);
  write_encoding(array, "array", "0.2.0");
}

void write_frame(const h5::Handle& parent, const std::string& name, const std::vector<std::string>& index,
                 const std::vector<ObsColumn>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns)
    names.push_back(column.name);
  const h5::Handle group = begin_frame(parent, name, index, names);
  for (const auto& column : columns)
    write_column(group, column);
}

void require_no_row_names(const h5::Handle& frame, const std::string& column) {
  if (h5::text_attribute(frame, "_index") == column)
    throw DataError(h5::where(frame) + ": its row names are called '" + column +
                    "', as a column that is to be added; expected another name");
}

void name_columns(const h5::Handle& frame, const std::vector<std::string>& columns) {
  auto order = h5::texts_attribute(frame, "column-order").value_or(std::vector<std::string>());
  for (const auto& column : columns)
    if (std::find(order.begin(), order.end(), column) == order.end()) order.push_back(column);
  h5::write_texts_attribute(frame, "column-order", order);
}

void put_columns(const h5::Handle& parent, const std::string& name, const std::vector<ObsColumn>& columns) {
  if (columns.empty()) return;
  const h5::Handle group = h5::open_group(parent, name);
  std::vector<std::string> names;
  for (const auto& column : columns) {
    require_no_row_names(group, column.name);
    h5::remove(group, column.name);
    write_column(group, column);
    names.push_back(column.name);
  }
  name_columns(group, names);
}

void write_stored_taxonomy(const h5::Handle& parent, const Taxonomy& taxonomy) {
  std::vector<std::string> rows;
  std::vector<std::string> label;
  std::vector<std::string> above;
  std::vector<double> height;
  std::vector<std::uint8_t> leaf;
  std::vector<std::string> colour;
  for (const auto& node : taxonomy.nodes()) {
    rows.push_back(std::to_string(rows.size()));
    label.push_back(node.label);
    above.push_back(node.parent);
    height.push_back(node.height);
    leaf.push_back(node.is_leaf ? 1 : 0);
    colour.push_back(node.colour);
  }
  const h5::Handle uns = require_dict(parent, "uns");
  const h5::Handle group =
      begin_frame(uns, "taxonomy", rows, {"label", "parent", "height", "leaf", "colour"});
  write_text_array(group, "label", label);
  write_text_array(group, "parent", above);
  write_encoded_array(group, "height", std::span<const double>(height), {height.size()});
  write_encoded_bools(group, "leaf", leaf);
  write_text_array(group, "colour", colour);
}

}  // namespace cplae::data
