#include "type_rows.hpp"

#include <limits>
#include <numeric>
#include <utility>

namespace cplae::reduce {

void TypeRows::add(const NamedTypeMeans& named) {
  add_means(named);
  add_types(named);
  add_features(named);
}

void TypeRows::add_means(const NamedTypeMeans& named) {
  for (std::size_t type = 0; type < named.types.size(); ++type)
    for (std::size_t feature = 0; feature < named.features.size(); ++feature) {
      const auto row = static_cast<Eigen::Index>(type);
      const auto column = static_cast<Eigen::Index>(feature);
      means_.from.push_back(named.from);
      means_.to.push_back(named.to);
      means_.type.push_back(named.types[type]);
      means_.feature.push_back(named.features[feature]);
      means_.n_cells.push_back(static_cast<std::int64_t>(named.means.cells[type]));
      means_.measured.push_back(named.means.measured(row, column));
      means_.decoded.push_back(named.means.decoded(row, column));
    }
}

void TypeRows::add_types(const NamedTypeMeans& named) {
  const auto scaled = stats::normalised(named.means);
  const auto pearson = stats::correlation_of_types(scaled);
  const auto raw = stats::correlation_of_types(named.means);
  const auto centred = stats::correlation_of_types(stats::centred(scaled));
  for (std::size_t type = 0; type < named.types.size(); ++type)
    put(named, {.over = "features",
                .name = named.types[type],
                .n = pearson[type].n,
                .n_cells = named.means.cells[type],
                .pearson = pearson[type].pearson,
                .raw = raw[type].pearson,
                .centred = centred[type].pearson});
}

void TypeRows::add_features(const NamedTypeMeans& named) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const auto& cells = named.means.cells;
  const auto found = stats::correlation_of_features(named.means);
  for (std::size_t feature = 0; feature < named.features.size(); ++feature)
    put(named, {.over = "types",
                .name = named.features[feature],
                .n = found[feature].n,
                .n_cells = std::accumulate(cells.begin(), cells.end(), std::size_t{0}),
                .pearson = found[feature].pearson,
                .raw = none,
                .centred = none});
}

void TypeRows::put(const NamedTypeMeans& named, const Correlated& row) {
  from_.push_back(named.from);
  to_.push_back(named.to);
  over_.push_back(row.over);
  name_.push_back(row.name);
  panel_.push_back(named.chosen);
  folds_.push_back(static_cast<std::int64_t>(named.folds));
  n_.push_back(static_cast<std::int64_t>(row.n));
  n_cells_.push_back(static_cast<std::int64_t>(row.n_cells));
  pearson_.push_back(row.pearson);
  raw_.push_back(row.raw);
  centred_.push_back(row.centred);
}

Frame TypeRows::take_means() {
  return Frame({{"from", std::move(means_.from)},
                {"to", std::move(means_.to)},
                {"type", std::move(means_.type)},
                {"feature", std::move(means_.feature)},
                {"n_cells", std::move(means_.n_cells)},
                {"measured", std::move(means_.measured)},
                {"decoded", std::move(means_.decoded)}});
}

Frame TypeRows::take_correlations() {
  return Frame({{"from", std::move(from_)},
                {"to", std::move(to_)},
                {"over", std::move(over_)},
                {"name", std::move(name_)},
                {"panel", std::move(panel_)},
                {"folds", std::move(folds_)},
                {"n", std::move(n_)},
                {"n_cells", std::move(n_cells_)},
                {"pearson", std::move(pearson_)},
                {"pearson_raw", std::move(raw_)},
                {"pearson_centred", std::move(centred_)}});
}

}  // namespace cplae::reduce
