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
constexpr const char* loss_word = "loss validation ";

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
      {"losses.csv", loss_word, {"term"}, "", "value"},
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
    while (!names.empty() && names.back().empty())
      names.pop_back();  // FOSCTTM has no label
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

std::string words_of(const Names& names) {
  return "'" + names.second + "' of " + names.first;
}

/// The terms of the losses that a variant has.
std::vector<std::string> loss_terms(const Values& values, const std::string& variant) {
  std::vector<std::string> terms;
  for (const auto& [names, all] : values)
    if (names.first == variant && names.second.starts_with(loss_word)) terms.push_back(names.second);
  return terms;
}

/// A total is comparable where it is one of the same terms.
bool is_comparable(const Names& names, const Values& one, const Values& other) {
  return names.second != std::string(loss_word) + "total" ||
         loss_terms(one, names.first) == loss_terms(other, names.first);
}

/// What `one` has and `other` lacks.
std::vector<std::string> missing_in(const Values& other, const Values& one) {
  std::vector<std::string> names;
  for (const auto& [measure, values] : one) {
    const auto found = other.find(measure);
    if (found == other.end()) {
      names.push_back(words_of(measure));
      continue;
    }
    for (const auto& [replicate, value] : values)
      if (!found->second.contains(replicate)) names.push_back(replicate + " of " + words_of(measure));
  }
  return names;
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

PairedMeasures pair_measures(const fs::path& one, const fs::path& other) {
  const Values first = read_values(one);
  const Values second = read_values(other);
  PairedMeasures result{.pairs = {},
                        .only_first = missing_in(second, first),
                        .only_second = missing_in(first, second),
                        .of_other_terms = {}};
  for (const auto& [names, values] : first) {
    const auto others = second.find(names);
    if (others == second.end()) continue;
    if (!is_comparable(names, first, second)) {
      result.of_other_terms.push_back(words_of(names));
      continue;
    }
    MeasurePair pair{
        .variant = names.first, .measure = names.second, .replicate = {}, .first = {}, .second = {}};
    for (const auto& [name, value] : values) {
      const auto found = others->second.find(name);
      if (found == others->second.end()) continue;
      pair.replicate.push_back(name);
      pair.first.push_back(value);
      pair.second.push_back(found->second);
    }
    if (!pair.replicate.empty()) result.pairs.push_back(std::move(pair));
  }
  if (result.pairs.empty())
    throw DataError(one.string() + " and " + other.string() +
                    ": no measure of a variant is in both, expected runs of studies with experiments of the "
                    "same names");
  return result;
}

}  // namespace cplae::reduce
