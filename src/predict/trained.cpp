#include "cplae/predict/trained.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <unordered_map>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/read.hpp"
#include "cplae/reduce/tables.hpp"
#include "data/table.hpp"

namespace cplae::predict {

namespace {

constexpr std::size_t percentiles = 101;

data::Table table_of(const store::RunFolder& folder, const std::string& name) {
  const std::filesystem::path path = folder.tables() / name;
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw UsageError(path.string() +
                     ": is not there; cplae run, or evaluate and reduce, makes it for this run");
  require_regular(path);
  return data::read_table(path);
}

/// A number that may be lacking (NaN).
double number_at(const data::Table& table, std::size_t row, std::size_t column) {
  const double value = table.number(row, column);
  if (std::isinf(value)) throw DataError(table.where(row, column) + ": infinite, expected a finite number");
  return value;
}

void require_rows(const data::Table& table, const std::string& what, std::size_t found,
                  std::size_t expected) {
  if (found != expected)
    throw DataError(table.path.string() + ": " + std::to_string(found) + " rows of " + what + ", expected " +
                    std::to_string(expected));
}

void check_scaling(const TrainedModality& modality) {
  const std::size_t features = modality.features.size();
  const auto& [centre, scale] = modality.scaling;
  const bool is_usable =
      centre.size() == features && scale.size() == features &&
      std::all_of(centre.begin(), centre.end(), [](double x) { return std::isfinite(x); }) &&
      std::all_of(scale.begin(), scale.end(), [](double x) { return std::isfinite(x) && x > 0; });
  if (!is_usable)
    throw DataError("results.h5: features_scaling/" + modality.name +
                    ": expected a finite centre and a scale above 0 for each of " + std::to_string(features) +
                    " features");
}

/// A variance that may be lacking.
double variance_at(const data::Table& table, std::size_t row, std::size_t column) {
  const double value = number_at(table, row, column);
  if (value < 0) throw DataError(table.where(row, column) + ": below 0, expected a variance");
  return value;
}

/// The columns that say neither which cell it is nor which modalities it has.
std::vector<std::string> label_columns(const data::Table& table, const study::Study& study) {
  const std::size_t first = 1 + study.base.modalities.size();
  if (table.header.size() < first) return {};
  return {table.header.begin() + static_cast<std::ptrdiff_t>(first), table.header.end()};
}

std::vector<std::string> study_columns(const study::LabelsSpec& labels) {
  if (labels.column.empty()) return {};
  std::vector<std::string> names{labels.column};
  names.insert(names.end(), labels.also.begin(), labels.also.end());
  return names;
}

/// Row of the table of each cell of the run.
std::vector<std::size_t> rows_of(const data::Table& table, const std::vector<std::string>& cells) {
  std::unordered_map<std::string, std::size_t> row_of;
  for (std::size_t row = 0; row < table.rows.size(); ++row)
    row_of.emplace(table.rows[row].front(), row);
  std::vector<std::size_t> rows;
  for (const auto& cell : cells) {
    const auto found = row_of.find(cell);
    if (found == row_of.end())
      throw DataError(table.path.string() + ": cell '" + cell + "' of results.h5 is not there");
    rows.push_back(found->second);
  }
  return rows;
}

std::size_t column_of(const data::Table& table, const study::Study& study, const std::string& name) {
  const auto known = label_columns(table, study);
  const std::string column = reduce::cells_column(name);
  if (std::find(known.begin(), known.end(), column) != known.end()) return table.column(column);
  const auto near = nearest(name, known);
  throw UsageError("--label " + name + ": the run has no labels of that name, " +
                   (known.empty() ? "nor any other" : "expected one of " + join(known, "; ")) +
                   (near ? "; nearest is " + *near : ""));
}

}  // namespace

TrainedModality read_modality(const store::RunFolder& folder, const store::ResultsReader& results,
                              std::size_t modality) {
  const auto& spec = results.study().base.modalities.at(modality);
  TrainedModality trained{.name = spec.name,
                          .features = results.features(spec.name),
                          .transform = spec.transform,
                          .scaling = results.scaling(spec.name),
                          .mean = {},
                          .sd = {},
                          .mean_expm1 = {},
                          .mean_exp2m1 = {}};
  check_scaling(trained);
  const data::Table table = table_of(folder, "inputs.csv");
  const std::size_t owner = table.column("modality");
  const std::size_t feature = table.column("feature");
  const std::size_t mean = table.column("mean");
  const std::size_t sd = table.column("sd");
  const std::size_t expm1 = table.column("mean_expm1");
  const std::size_t exp2m1 = table.column("mean_exp2m1");
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (table.rows[row][owner] != spec.name) continue;
    const std::size_t at = trained.mean.size();
    if (at >= trained.features.size() || table.rows[row][feature] != trained.features[at])
      throw DataError(table.where(row, feature) + ": not the feature of results.h5");
    trained.mean.push_back(number_at(table, row, mean));
    trained.sd.push_back(number_at(table, row, sd));
    trained.mean_expm1.push_back(number_at(table, row, expm1));
    trained.mean_exp2m1.push_back(number_at(table, row, exp2m1));
  }
  require_rows(table, spec.name, trained.mean.size(), trained.features.size());
  return trained;
}

std::vector<TrainedLabels> read_labels(const store::RunFolder& folder, const store::ResultsReader& results,
                                       const std::vector<std::string>& names) {
  const auto wanted = names.empty() ? study_columns(results.study().labels) : names;
  const data::Table table = table_of(folder, "cells.csv");
  const auto rows = rows_of(table, results.cells());
  std::vector<TrainedLabels> labels;
  for (const auto& name : wanted) {
    if (std::count(wanted.begin(), wanted.end(), name) > 1)
      throw UsageError("--label " + name + ": given twice, expected each label once");
    const std::size_t column = column_of(table, results.study(), name);
    auto& own = labels.emplace_back(TrainedLabels{.name = name, .class_of_cell = {}});
    for (const std::size_t row : rows)
      own.class_of_cell.push_back(table.rows[row][column]);
  }
  return labels;
}

HeldOutCells read_held_out(const store::RunFolder& folder, const std::string& variant,
                           const std::string& modality) {
  const data::Table table = table_of(folder, "held_out.csv");
  const std::size_t owner = table.column("variant");
  const std::size_t measured = table.column("modality");
  const std::size_t error = table.column("error");
  const std::size_t missing = table.column("missing");
  HeldOutCells cells;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (table.rows[row][owner] != variant || table.rows[row][measured] != modality) continue;
    cells.error.push_back(number_at(table, row, error));
    cells.missing.push_back(number_at(table, row, missing));
  }
  if (!cells.error.empty())
    require_rows(table, modality + " for " + variant, cells.error.size(), percentiles);
  return cells;
}

std::vector<TrainedVariance> read_variances(const store::RunFolder& folder,
                                            const store::ResultsReader& results,
                                            const std::string& ensemble) {
  const data::Table table = table_of(folder, "predictive.csv");
  const std::size_t owner = table.column("variant");
  const std::size_t from = table.column("from");
  const std::size_t to = table.column("to");
  const std::size_t feature = table.column("feature");
  const std::size_t constant = table.column("constant");
  const std::size_t slope = table.column("slope");
  std::vector<TrainedVariance> variances;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto& fields = table.rows[row];
    if (fields[owner] != ensemble) continue;
    if (variances.empty() || variances.back().from != fields[from] || variances.back().to != fields[to])
      variances.push_back({fields[from], fields[to], {{}, variance_at(table, row, slope)}});
    auto& own = variances.back().variance;
    const auto& features = results.features(fields[to]);
    const std::size_t at = own.constant.size();
    if (at >= features.size() || fields[feature] != features[at])
      throw DataError(table.where(row, feature) + ": not the feature of results.h5");
    own.constant.push_back(variance_at(table, row, constant));
  }
  for (const auto& own : variances)
    require_rows(table, own.to + " from " + own.from + " for " + ensemble, own.variance.constant.size(),
                 results.features(own.to).size());
  return variances;
}

std::optional<data::Taxonomy> read_taxonomy(const store::RunFolder& folder) {
  if (table_of(folder, "taxonomy.csv").rows.empty()) return std::nullopt;
  return data::read_taxonomy_csv(folder.tables() / "taxonomy.csv");
}

}  // namespace cplae::predict
