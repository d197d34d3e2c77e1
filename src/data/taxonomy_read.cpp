#include "taxonomy_read.hpp"

#include <algorithm>
#include <array>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/read.hpp"
#include "frame.hpp"
#include "table.hpp"

namespace cplae::data {

namespace {

/// The constructor knows no file: put it in front of what it says.
Taxonomy build(std::vector<Taxonomy::Node> nodes, const std::string& where) {
  try {
    return Taxonomy(std::move(nodes));
  } catch (const DataError& error) {
    throw DataError(where + ": " + one_line(error.what()));
  }
}

std::string text_or_empty(const std::string& field) {
  return is_missing(field) ? "" : field;
}

bool parse_leaf(const std::string& field, const std::string& where) {
  std::string word = text_or_empty(field);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (word.empty() || word == "false" || word == "0") return false;
  if (word == "true" || word == "1") return true;
  throw DataError(where + ": '" + one_line(field) + "', expected TRUE, FALSE or nothing");
}

/// Colours are for figures only: one that no figure can read is as good as none.
std::string colour_of(const std::string& field) {
  const auto is_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  const bool is_colour =
      field.size() == 7 && field.front() == '#' && std::all_of(field.begin() + 1, field.end(), is_digit);
  return is_colour ? field : "";
}

/// The column of colours; R's dendrograms call it col.
constexpr std::array colour_names{"colour", "color", "col"};

struct Columns {
  std::vector<std::string> label;
  std::vector<std::string> parent;
  std::vector<std::string> leaf;
  std::vector<std::string> colour;  ///< or none at all
  ObsColumn height;
};

Columns read_stored(const h5::Handle& group) {
  Columns columns;
  columns.label = as_text(read_column(group, "label"));
  columns.parent = as_text(read_column(group, "parent"));
  columns.leaf = as_text(read_column(group, "leaf"));
  columns.height = read_column(group, "height");
  for (const char* name : colour_names)
    if (columns.colour.empty() && h5::has(group, name)) columns.colour = as_text(read_column(group, name));
  const std::string where = h5::where(group);
  if (columns.height.is_text) throw DataError(where + "/height: holds text, expected numbers");
  const std::size_t rows = columns.label.size();
  if (columns.colour.empty()) columns.colour.resize(rows);
  if (columns.parent.size() != rows || columns.leaf.size() != rows || columns.colour.size() != rows ||
      columns.height.numbers.size() != rows)
    throw DataError(where + ": columns of different length, expected " + std::to_string(rows) +
                    " values in each");
  return columns;
}

}  // namespace

std::optional<Taxonomy> read_stored_taxonomy(const h5::Handle& parent) {
  const std::string path = "uns/taxonomy";
  const h5::Kind kind = h5::kind(parent, path);
  if (kind == h5::Kind::none) return std::nullopt;
  if (kind != h5::Kind::group || !h5::has(parent, path + "/label")) {
    log::warning(h5::where(parent, path) +
                 ": has no column 'label', so it is taken for something else than a taxonomy");
    return std::nullopt;
  }
  const h5::Handle group = h5::open_group(parent, path);
  const Columns columns = read_stored(group);
  std::vector<Taxonomy::Node> nodes;
  for (std::size_t i = 0; i < columns.label.size(); ++i)
    nodes.push_back({.label = columns.label[i],
                     .parent = text_or_empty(columns.parent[i]),
                     .height = columns.height.numbers[i],
                     .is_leaf = parse_leaf(columns.leaf[i], h5::where(group, "leaf")),
                     .colour = colour_of(columns.colour[i])});
  return build(std::move(nodes), h5::where(group));
}

Taxonomy read_taxonomy_csv(const std::filesystem::path& path) {
  const Table table = read_table(path);
  const std::size_t label = table.column("label");
  const std::size_t parent = table.column("parent");
  const std::size_t height = table.column("height");
  const std::size_t leaf = table.column("leaf");
  const auto colour =
      std::find_first_of(table.header.begin(), table.header.end(), colour_names.begin(), colour_names.end());
  std::vector<Taxonomy::Node> nodes;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    nodes.push_back(
        {.label = text_or_empty(table.rows[i][label]),
         .parent = text_or_empty(table.rows[i][parent]),
         .height = table.number(i, height),
         .is_leaf = parse_leaf(table.rows[i][leaf], table.where(i, leaf)),
         .colour = colour == table.header.end()
                       ? ""
                       : colour_of(table.rows[i][static_cast<std::size_t>(colour - table.header.begin())])});
  return build(std::move(nodes), path.string());
}

}  // namespace cplae::data
