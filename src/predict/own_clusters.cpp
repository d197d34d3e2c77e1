#include <filesystem>
#include <set>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/places.hpp"
#include "cplae/predict/own_cells.hpp"
#include "data/table.hpp"

namespace cplae::predict {

namespace {

/// The variant whose rows are taken: the one asked for, or the only one; "" for none.
std::string variant_in(const data::Table& table, const std::string& wanted) {
  const std::size_t owner = table.column("variant");
  std::set<std::string> variants;
  for (const auto& row : table.rows)
    variants.insert(row[owner]);
  if (variants.contains(wanted)) return wanted;
  return variants.size() == 1 ? *variants.begin() : "";
}

}  // namespace

std::optional<OwnClusters> read_own_clusters(const store::RunFolder& folder,
                                             const store::ResultsReader& results,
                                             const std::string& variant) {
  const std::filesystem::path path = folder.tables() / "consensus_cells.csv";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  require_regular(path);
  const data::Table table = data::read_table(path);
  OwnClusters clusters{.variant = variant_in(table, variant), .cluster = {}};
  if (clusters.variant.empty()) return std::nullopt;
  const auto place_of = places_of(results.cells());
  std::vector<std::size_t> columns;
  for (const auto& modality : results.study().base.modalities) {
    columns.push_back(table.column("cluster_z" + modality.name));
    clusters.cluster.emplace_back(results.cells().size());
  }
  const std::size_t owner = table.column("variant");
  const std::size_t name = table.column("cell");
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (table.rows[row][owner] != clusters.variant) continue;
    const auto found = place_of.find(table.rows[row][name]);
    if (found == place_of.end()) throw DataError(table.where(row, name) + ": not a cell of results.h5");
    for (std::size_t m = 0; m < columns.size(); ++m)
      clusters.cluster[m][found->second] = table.rows[row][columns[m]];
  }
  return clusters;
}

}  // namespace cplae::predict
