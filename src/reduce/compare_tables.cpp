#include <algorithm>
#include <limits>
#include <map>
#include <sstream>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"
#include "cplae/reduce/verify.hpp"
#include "data/table.hpp"

namespace cplae::reduce {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_table_bytes = std::size_t{1} << 34U;

/// A table whose rows hold measures: which columns name one, after a word of its own, and which hold its
/// value.
struct Source {
  const char* file;
  const char* word;
  std::vector<const char*> names;
  const char* between;  ///< the names
  const char* value;
};

const std::vector<Source>& sources() {
  static const std::vector<Source> all = {
      {"accuracy.csv", "accuracy ", {"representation", "label", "n_classes"}, " ", "accuracy"},
      {"reconstruction.csv", "r2 ", {"to", "from"}, "<-", "r2"},
      {"reconstruction.csv", "mse ", {"to", "from"}, "<-", "mse"},
      {"losses.csv", "loss validation ", {"term"}, "", "value"},
      {"matching.csv", "", {"measure", "from", "to", "label"}, " ", "value"},
      {"clusters.csv", "best_components", {}, "", "best_components"}};
  return all;
}

using Names = std::pair<std::string, std::string>;              ///< variant, measure
using Values = std::map<Names, std::map<std::string, double>>;  ///< -> replicate -> value

/// Rows of losses.csv that are no measure: other steps than the kept network's, and losses on training cells.
bool is_measured(const data::Table& table, std::size_t row) {
  const auto& header = table.header;
  if (std::find(header.begin(), header.end(), "kept") == header.end()) return true;
  return table.rows[row][table.column("kept")] == "1" &&
         table.rows[row][table.column("part")] == "validation";
}

void add_source(const fs::path& folder, const Source& source, Values& values) {
  require_regular(folder / source.file);
  const data::Table table = data::read_table(folder / source.file);
  const auto text = [&](std::size_t row, const char* column) {
    return table.rows[row][table.column(column)];
  };
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (!is_measured(table, row)) continue;
    std::vector<std::string> names;
    for (const char* name : source.names)
      names.push_back(text(row, name));
    const std::string fold = text(row, "fold");
    values[{text(row, "variant"), source.word + join(names, source.between)}]
          [fold.empty() ? "init " + text(row, "init") : "fold " + fold] =
              table.number(row, table.column(source.value));
  }
}

Values read_values(const fs::path& folder) {
  Values values;
  for (const auto& source : sources())
    add_source(folder, source, values);
  return values;
}

/// Throws DataError where one of them has what the other lacks.
template <class Map, class Name>
void require_same_keys(const Map& one, const Map& other, const fs::path& lacking, const Name& name) {
  for (const auto& entry : one)
    if (!other.contains(entry.first))
      throw DataError(lacking.string() + ": has no " + name(entry.first) + ", which the other run has");
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::istringstream text(read_file(file, largest_table_bytes));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(line);
  return lines;
}

std::string line_difference(const fs::path& one, const fs::path& other) {
  const auto first = lines_of(one);
  const auto second = lines_of(other);
  const std::size_t common = std::min(first.size(), second.size());
  const std::string name = "tables/" + one.filename().string();
  for (std::size_t i = 0; i < common; ++i)
    if (first[i] != second[i])
      return name + ", line " + std::to_string(i + 1) + ": '" + first[i] + "' and '" + second[i] + "'";
  return name + ": " + std::to_string(first.size()) + " and " + std::to_string(second.size()) + " lines";
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".csv") names.push_back(entry->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::optional<std::string> first_table_difference(const fs::path& one, const fs::path& other) {
  const auto names = names_in(one);
  const auto others = names_in(other);
  std::vector<std::string> single;
  std::set_symmetric_difference(names.begin(), names.end(), others.begin(), others.end(),
                                std::back_inserter(single));
  if (!single.empty()) return "tables/" + single.front() + ": only in one of the two runs";
  for (const auto& name : names)
    if (read_file(one / name, largest_table_bytes) != read_file(other / name, largest_table_bytes))
      return line_difference(one / name, other / name);
  return std::nullopt;
}

std::vector<MeasurePair> pair_measures(const fs::path& one, const fs::path& other) {
  const Values first = read_values(one);
  const Values second = read_values(other);
  const auto words = [](const Names& names) { return "'" + names.second + "' of " + names.first; };
  require_same_keys(first, second, other, words);
  require_same_keys(second, first, one, words);
  std::vector<MeasurePair> pairs;
  for (const auto& [names, values] : first) {
    const auto& others = second.at(names);
    const auto replicate = [&, &of = names](const std::string& name) {
      return "'" + of.second + "' of " + of.first + ", " + name;
    };
    require_same_keys(values, others, other, replicate);
    require_same_keys(others, values, one, replicate);
    MeasurePair pair{
        .variant = names.first, .measure = names.second, .replicate = {}, .first = {}, .second = {}};
    for (const auto& [name, value] : values) {
      pair.replicate.push_back(name);
      pair.first.push_back(value);
      pair.second.push_back(others.at(name));
    }
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace cplae::reduce
