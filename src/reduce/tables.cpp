#include "cplae/reduce/tables.hpp"

#include <string>
#include <vector>

#include "cell_tables.hpp"
#include "clusters.hpp"
#include "comparison_rows.hpp"
#include "cplae/core/files.hpp"
#include "cplae/reduce/frame.hpp"
#include "cplae/reduce/units.hpp"
#include "held_out_rows.hpp"
#include "input_table.hpp"
#include "metrics.hpp"
#include "relative_rows.hpp"
#include "summary_rows.hpp"
#include "sums.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

namespace {

enum class Over : unsigned char { replicates, variants };

/// A table that is the frames of its name, as the units hold them.
struct FrameTable {
  std::string name;
  Over over;  ///< what a row is of: those of variants have no replicate among their keys
  std::vector<std::string> columns;
};

std::vector<std::string> consensus_cell_columns(const Context& context) {
  std::vector<std::string> columns{"cell", "held_out"};
  for (const auto& modality : context.study.base.modalities)
    columns.push_back("cluster_z" + modality.name);
  return columns;
}

std::vector<FrameTable> frame_tables(const Context& context) {
  return {{"accuracy",
           Over::replicates,
           {"label", "representation", "n_classes", "n_usable", "n_fitted", "n_cells", "accuracy"}},
          {"reconstruction", Over::replicates, {"from", "to", "n_cells", "n_constant", "r2", "mse"}},
          {"features", Over::replicates, {"from", "to", "feature", "r2", "pearson"}},
          {"matching", Over::replicates, {"from", "to", "measure", "label", "n_cells", "value", "ceiling"}},
          {"latents", Over::replicates, {"representation", "axis", "sd"}},
          {"losses", Over::replicates, {"step", "kept", "part", "term", "value"}},
          {"bic",
           Over::replicates,
           {"components", "bic", "log_likelihood", "n_cells", "failed_starts", "iterations"}},
          {"consensus", Over::variants, {"measure", "first", "second", "cells", "n_cells", "value"}},
          {"contingency",
           Over::variants,
           {"first", "second", "cells", "row", "column", "row_order", "column_order", "count"}},
          {"consensus_cells", Over::variants, consensus_cell_columns(context)},
          {"typewise", Over::variants, {"from", "to", "type", "feature", "n_cells", "measured", "decoded"}},
          {"type_correlations",
           Over::variants,
           {"from", "to", "over", "name", "panel", "folds", "n", "n_cells", "pearson", "pearson_raw",
            "pearson_centred"}},
          {"ensembles", Over::variants, {"measure", "from", "to", "label", "members", "n_cells", "value"}},
          {"calibration",
           Over::variants,
           {"fold", "from", "to", "n_cells", "nominal", "coverage_spread", "coverage"}},
          {"predictive", Over::variants, {"from", "to", "feature", "n_cells", "constant", "slope"}}};
}

/// All tables while the units are read, each unit once.
class Tables {
public:
  explicit Tables(const Context& context)
      : context_(context), keys_(context), comparisons_(context), relative_(context) {
    for (auto& table : frame_tables(context)) {
      const auto keys =
          table.over == Over::replicates ? keys_.names() : Keys::without_replicate(keys_.names());
      writers_.push_back({table, TableWriter(keys, table.columns)});
    }
  }

  void add(const StatisticsUnit& unit, const Record& record) {
    if (!failure(record).empty()) return;
    const auto keys = is_baseline(unit) ? keys_.of_baseline(unit) : keys_.of_network(unit.network);
    const auto variant = Keys::without_replicate(keys);
    for (auto& [table, writer] : writers_)
      writer.add(table.over == Over::replicates ? keys : variant, get(record, table.name));
    held_out_.add(variant, get(record, "held_out"));
    const auto& ensemble = ensemble_of(unit);
    if (!ensemble.empty()) held_out_.add(with_id(variant, ensemble), get(record, "held_out"));
    for (const Metric& metric : metrics_of(record)) {
      summary_.add(variant, metric.name, metric.value);
      relative_.add(unit.network, metric);
      comparisons_.add(place_of(unit, keys[1]), metric);
    }
    const Frame bic = get(record, "bic");
    if (bic.rows() > 0) clusters_.add(unit.network, bic);
  }

  void write(const std::filesystem::path& folder) {
    make_folder(folder);
    remove_sums(folder);
    for (const auto& [table, writer] : writers_)
      writer.write(folder / (table.name + ".csv"));
    relative_.write(keys_, folder / "relative.csv");
    clusters_.write(context_, keys_, folder, summary_);
    comparisons_.write(folder / "comparisons.csv");
    summary_.write(Keys::without_replicate(keys_.names()), folder / "summary.csv");
    held_out_.write(Keys::without_replicate(keys_.names()), folder / "held_out.csv");
    write_cells(context_, folder / "cells.csv");
    write_inputs(context_, folder / "inputs.csv");
    write_taxonomy(context_, folder / "taxonomy.csv");
    write_sums(folder);
  }

private:
  struct Writer {
    FrameTable table;
    TableWriter writer;
  };

  /// What the unit's network predicts together with others; "" where it does not.
  [[nodiscard]] const std::string& ensemble_of(const StatisticsUnit& unit) const {
    return context_.plan.variants[context_.plan.networks[unit.network].variant.index()].ensemble;
  }

  static std::vector<std::string> with_id(std::vector<std::string> keys, const std::string& variant) {
    keys[1] = variant;
    return keys;
  }

  [[nodiscard]] ComparedFold place_of(const StatisticsUnit& unit, const std::string& variant) const {
    const auto replicate = context_.plan.networks[unit.network].replicate;
    return {unit.experiment, variant, static_cast<std::size_t>(replicate)};
  }

  const Context& context_;
  Keys keys_;
  std::vector<Writer> writers_;
  ComparisonRows comparisons_;
  RelativeRows relative_;
  BestCounts clusters_;
  HeldOutPercentiles held_out_;
  SummaryRows summary_;
};

}  // namespace

void write_tables(const Context& context, const store::UnitStore& units) {
  Tables tables(context);
  for (const auto& unit : list_units(context))
    tables.add(unit, units.read_awaited(store::UnitKind::statistics, unit.id));
  tables.write(units.folder().tables());
}

}  // namespace cplae::reduce
