#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/places.hpp"
#include "cplae/data/import.hpp"
#include "cplae/data/read.hpp"
#include "frame.hpp"
#include "merge.hpp"
#include "table.hpp"

namespace cplae::data {

namespace {

std::vector<std::string> names_after_first(const Table& table) {
  return {table.header.begin() + 1, table.header.end()};
}

std::vector<std::string> first_fields(const Table& table) {
  std::vector<std::string> names;
  names.reserve(table.rows.size());
  for (const auto& row : table.rows)
    names.push_back(row.front());
  return names;
}

MatrixF numbers(const Table& table) {
  MatrixF values(static_cast<Eigen::Index>(table.rows.size()),
                 static_cast<Eigen::Index>(table.header.size() - 1));
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    for (std::size_t j = 1; j < table.header.size(); ++j)
      values(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j - 1)) =
          static_cast<float>(table.number(i, j));
  return values;
}

Part read_part(const CsvTables::Table& source) {
  const Table table = read_table(source.path);
  if (table.header.size() < 2)
    throw DataError(source.path.string() +
                    ": line 1: one column, expected names and at least one column of numbers");
  Part part;
  part.name = source.modality;
  part.where = source.path.string();
  part.cells = first_fields(table);
  part.features = names_after_first(table);
  part.values = numbers(table);
  if (!source.transposed) return part;
  std::swap(part.cells, part.features);
  part.values = MatrixF(part.values.transpose());
  return part;
}

/// Row of the table for each cell; a cell may have none.
std::vector<std::optional<std::size_t>> rows_of_cells(const Table& table,
                                                      const std::vector<std::string>& cells) {
  const auto names = first_fields(table);
  check_names(names, "cell", table.path.string());
  const auto row_of = places_of(names);
  std::vector<std::optional<std::size_t>> rows;
  std::size_t found = 0;
  for (const auto& cell : cells) {
    const auto at = row_of.find(cell);
    rows.push_back(at == row_of.end() ? std::nullopt : std::optional(at->second));
    if (at != row_of.end()) ++found;
  }
  if (found == 0 && !cells.empty())
    throw DataError(table.path.string() + ": none of its cells ('" + (names.empty() ? "" : names.front()) +
                    "', ...) is in a modality ('" + cells.front() +
                    "', ...), expected the same names in the first column");
  log::info(table.path.string() + ": rows for " + std::to_string(found) + " of " +
            std::to_string(cells.size()) + " cells, " + std::to_string(names.size() - found) +
            " rows of other cells left out");
  return rows;
}

ObsColumn obs_column(const Table& table, std::size_t column,
                     const std::vector<std::optional<std::size_t>>& rows) {
  ObsColumn obs;
  obs.name = table.header[column];
  obs.is_text = false;
  obs.text.reserve(rows.size());
  obs.numbers.reserve(rows.size());
  bool any_value = false;
  for (const auto& row : rows) {
    const std::string field = row ? table.rows[*row][column] : "";
    double number = std::numeric_limits<double>::quiet_NaN();
    const bool missing = is_missing(field);
    if (!missing && (is_identifier(field) || !parse_number(field, number))) obs.is_text = true;
    any_value = any_value || !missing;
    obs.text.push_back(missing ? "" : field);
    obs.numbers.push_back(number);
  }
  obs.is_text = obs.is_text || !any_value;
  if (obs.is_text)
    obs.numbers = {};
  else
    obs.text = {};
  return obs;
}

/// A table that has features for rows has cells that no other table knows.
void warn_of_apart(const Dataset& dataset) {
  for (const auto& modality : dataset.modalities) {
    const bool shares =
        std::any_of(dataset.modalities.begin(), dataset.modalities.end(), [&](const auto& other) {
          if (&other == &modality) return false;
          for (std::size_t cell = 0; cell < dataset.cells.size(); ++cell)
            if (modality.present[cell] != 0 && other.present[cell] != 0) return true;
          return false;
        });
    if (!shares && dataset.modalities.size() > 1)
      log::warning("modality " + modality.name +
                   " shares no cell with another; is its table features x cells (--transpose " +
                   modality.name + ")?");
  }
}

/// A table of one row may have many columns, each of which gets a field for every cell.
void check_column_memory(const Table& table, std::size_t cells, std::uint64_t memory_bytes) {
  constexpr std::uint64_t field_bytes = sizeof(std::string) + sizeof(double);
  const std::uint64_t columns = table.header.size() - 1;
  if (columns > 0 && cells > memory_bytes / field_bytes / columns)
    throw DataError(table.path.string() + ": " + std::to_string(columns) + " columns for " +
                    std::to_string(cells) + " cells take more than the " + std::to_string(memory_bytes) +
                    " bytes of memory that files of their size may fill");
}

/// `memory_bytes`: that the columns may take.
std::vector<ObsColumn> read_obs(const std::filesystem::path& path, const std::vector<std::string>& cells,
                                std::uint64_t memory_bytes) {
  const Table table = read_table(path);
  check_column_memory(table, cells.size(), memory_bytes);
  check_names(names_after_first(table), "column", path.string() + ": line 1");
  const auto rows = rows_of_cells(table, cells);
  std::vector<ObsColumn> columns;
  for (std::size_t j = 1; j < table.header.size(); ++j)
    columns.push_back(obs_column(table, j, rows));
  return columns;
}

}  // namespace

Dataset read_csv(const CsvTables& tables) {
  if (tables.modalities.empty())
    throw UsageError("import csv: no table given, expected --modality NAME=FILE at least once");
  Parts parts;
  parts.where = "the tables";
  for (const auto& table : tables.modalities) {
    parts.memory_bytes += table_memory_bytes(table.path);
    parts.parts.push_back(read_part(table));
  }
  if (tables.taxonomy) parts.taxonomy = read_taxonomy_csv(*tables.taxonomy);
  const std::uint64_t memory_bytes = parts.memory_bytes;
  Dataset dataset = merge_parts(std::move(parts));
  warn_of_apart(dataset);
  if (tables.obs) dataset.obs = read_obs(*tables.obs, dataset.cells, memory_bytes);
  return dataset;
}

}  // namespace cplae::data
