#include "merge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "cplae/core/error.hpp"
#include "cplae/core/limits.hpp"
#include "cplae/core/places.hpp"
#include "cplae/core/text.hpp"
#include "frame.hpp"
#include "table.hpp"

namespace cplae::data {

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
using CellIndexOf = std::unordered_map<std::string, std::size_t>;

/// For messages: numbers beyond float32 are infinite once read.
void check_values(const Part& part, ReadFor use) {
  std::vector<bool> has_value(part.features.size(), false);
  for (Eigen::Index i = 0; i < part.values.rows(); ++i)
    for (Eigen::Index j = 0; j < part.values.cols(); ++j) {
      const float value = part.values(i, j);
      if (std::isnan(value)) continue;
      has_value[static_cast<std::size_t>(j)] = true;
      if (std::isinf(value))
        throw DataError(part.where + ": cell '" + one_line(part.cells[static_cast<std::size_t>(i)]) +
                        "', feature '" + one_line(part.features[static_cast<std::size_t>(j)]) +
                        "': infinite (or beyond float32), expected a finite number or NaN");
    }
  const auto empty = std::find(has_value.begin(), has_value.end(), false);
  if (empty != has_value.end() && use == ReadFor::training)
    throw DataError(part.where + ": feature '" +
                    one_line(part.features[static_cast<std::size_t>(empty - has_value.begin())]) +
                    "' is NaN in every cell, expected a value in at least one");
}

void check_part(const Part& part, ReadFor use) {
  check_names(part.cells, "cell", part.where);
  check_names(part.features, "feature", part.where);
  if (part.cells.empty())
    throw DataError(part.where + ": modality '" + part.name + "' has no cells, expected at least one");
  if (part.features.empty())
    throw DataError(part.where + ": modality '" + part.name + "' has no features, expected at least one");
  check_values(part, use);
}

/// Names of modalities become names of groups and, for those who go on with the tables, of files and folders.
void check_modality_name(const Part& part) {
  const std::string& name = part.name;
  const bool has_control = std::any_of(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (name.find_first_not_of('.') != std::string::npos && name.size() <= limits::name_bytes && !has_control &&
      name.find_first_of("/\\") == std::string::npos && is_utf8(name))
    return;
  throw DataError(one_line(part.where) + ": the modality name '" + one_line(name.substr(0, 64)) +
                  "', expected 1 to " + std::to_string(limits::name_bytes) +
                  " bytes of plain text that lead out of no folder: without slashes and control characters, "
                  "not dots alone");
}

void check_modality_names(const Parts& parts) {
  if (parts.parts.empty()) throw DataError(parts.where + ": has no modalities, expected at least one");
  std::unordered_set<std::string> seen;
  for (const auto& part : parts.parts) {
    check_modality_name(part);
    if (!seen.insert(part.name).second)
      throw DataError(part.where + ": a second modality '" + part.name + "', expected unique names");
  }
}

/// Of the texts of all columns of obs, beside their objects.
std::uint64_t text_bytes(const Parts& parts) {
  std::uint64_t bytes = 0;
  for (const auto& part : parts.parts)
    for (const auto& column : part.obs)
      for (const auto& text : column.text)
        bytes += heap_bytes(text.size());
  return bytes;
}

/// A modality of one cell costs a row for every cell of the others. Columns of obs are there twice beside the
/// part's own: in the order of all cells, and joined.
void check_memory(const Parts& parts, std::size_t cells) {
  const std::uint64_t texts = 2 * text_bytes(parts);
  if (texts > parts.memory_bytes)
    throw DataError(parts.where + ": the texts of its cells take " + std::to_string(texts) +
                    " bytes, more than the " + std::to_string(parts.memory_bytes) +
                    " that files of their size may fill, expected files that hold what they claim");
  std::uint64_t bytes_a_cell = 0;
  for (const auto& part : parts.parts)
    bytes_a_cell += sizeof(float) * part.features.size() + limits::text_overhead * part.obs.size();
  if (bytes_a_cell > 0 && cells > (parts.memory_bytes - texts) / bytes_a_cell)
    throw DataError(parts.where + ": " + std::to_string(cells) + " cells take " +
                    std::to_string(bytes_a_cell) + " bytes each in all modalities, more than the " +
                    std::to_string(parts.memory_bytes) +
                    " that files of their size may fill, expected files that hold what they claim");
}

std::vector<std::string> all_cells(const Parts& parts) {
  if (parts.cells) return *parts.cells;
  std::vector<std::string> cells;
  std::unordered_set<std::string> seen;
  for (const auto& part : parts.parts)
    for (const auto& cell : part.cells)
      if (seen.insert(cell).second) cells.push_back(cell);
  return cells;
}

/// For each cell of the part its index among all cells.
std::vector<std::size_t> places(const Part& part, const CellIndexOf& index) {
  std::vector<std::size_t> at;
  at.reserve(part.cells.size());
  for (const auto& cell : part.cells) {
    const auto found = index.find(cell);
    if (found == index.end())
      throw DataError(
          part.where + ": cell '" + one_line(cell) +
          "' is not in the global obs, expected every modality's cells there (in Python: mdata.update())");
    at.push_back(found->second);
  }
  return at;
}

Modality to_modality(Part& part, const std::vector<std::size_t>& at, std::size_t cells) {
  Modality modality;
  modality.name = part.name;
  modality.features = part.features;
  modality.present.assign(cells, 0);
  bool in_order = at.size() == cells;
  for (std::size_t i = 0; i < at.size(); ++i) {
    modality.present[at[i]] = 1;
    in_order = in_order && at[i] == i;
  }
  if (in_order) {
    modality.values = std::move(part.values);
    return modality;
  }
  modality.values = MatrixF::Constant(static_cast<Eigen::Index>(cells), part.values.cols(), missing);
  for (std::size_t i = 0; i < at.size(); ++i)
    modality.values.row(static_cast<Eigen::Index>(at[i])) = part.values.row(static_cast<Eigen::Index>(i));
  return modality;
}

/// The column over all cells, missing where the part lacks the cell.
ObsColumn align(const ObsColumn& column, const std::vector<std::size_t>& at, std::size_t cells) {
  ObsColumn all;
  all.name = column.name;
  all.is_text = column.is_text;
  if (column.is_text)
    all.text.resize(cells);
  else
    all.numbers.assign(cells, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (column.is_text)
      all.text[at[i]] = column.text[i];
    else
      all.numbers[at[i]] = column.numbers[i];
  }
  return all;
}

/// Fills what `into` misses from `from`; false where the two disagree.
bool combine(ObsColumn& into, const ObsColumn& from) {
  if (into.is_text != from.is_text) return false;
  for (std::size_t i = 0; i < into.text.size(); ++i) {
    if (into.text[i].empty()) into.text[i] = from.text[i];
    if (!from.text[i].empty() && from.text[i] != into.text[i]) return false;
  }
  for (std::size_t i = 0; i < into.numbers.size(); ++i) {
    if (std::isnan(into.numbers[i])) into.numbers[i] = from.numbers[i];
    if (!std::isnan(from.numbers[i]) && from.numbers[i] != into.numbers[i]) return false;
  }
  return true;
}

/// The columns of one name, one for each modality that has it, each over all cells.
struct Namesakes {
  std::vector<std::string> modalities;
  std::vector<ObsColumn> columns;
};

void add_column(std::vector<ObsColumn>& obs, ObsColumn column) {
  const auto same = [&](const ObsColumn& one) { return one.name == column.name; };
  if (std::none_of(obs.begin(), obs.end(), same)) obs.push_back(std::move(column));
}

void add_namesakes(std::vector<ObsColumn>& obs, const Namesakes& namesakes) {
  ObsColumn joined = namesakes.columns.front();
  const bool agree = std::all_of(namesakes.columns.begin() + 1, namesakes.columns.end(),
                                 [&](const ObsColumn& column) { return combine(joined, column); });
  if (agree) return add_column(obs, std::move(joined));
  for (std::size_t i = 0; i < namesakes.columns.size(); ++i) {
    ObsColumn column = namesakes.columns[i];
    column.name = namesakes.modalities[i] + ":" + column.name;
    add_column(obs, std::move(column));
  }
}

/// Columns of the modalities by name, in order of appearance.
class NamesakesByName {
public:
  void add(const std::string& modality, ObsColumn column) {
    const auto [found, is_new] = index_.emplace(column.name, all_.size());
    if (is_new) all_.emplace_back();
    all_[found->second].modalities.push_back(modality);
    all_[found->second].columns.push_back(std::move(column));
  }
  [[nodiscard]] const std::vector<Namesakes>& all() const { return all_; }

private:
  CellIndexOf index_;
  std::vector<Namesakes> all_;
};

}  // namespace

Dataset merge_parts(Parts parts) {
  check_modality_names(parts);
  for (const auto& part : parts.parts)
    if (part.is_used) check_part(part, parts.use);
  Dataset dataset;
  dataset.cells = all_cells(parts);
  check_memory(parts, dataset.cells.size());
  const CellIndexOf index = places_of(dataset.cells);
  dataset.obs = std::move(parts.obs);
  NamesakesByName namesakes;
  for (auto& part : parts.parts) {
    const auto at = places(part, index);
    for (const auto& column : part.obs)
      namesakes.add(part.name, align(column, at, dataset.cells.size()));
    part.obs.clear();
    if (part.is_used) dataset.modalities.push_back(to_modality(part, at, dataset.cells.size()));
  }
  for (const auto& group : namesakes.all())
    add_namesakes(dataset.obs, group);
  dataset.taxonomy = std::move(parts.taxonomy);
  return dataset;
}

}  // namespace cplae::data
