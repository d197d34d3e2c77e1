#include "cplae/reduce/tables.hpp"

#include <map>

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

const std::vector<std::string> accuracy_columns{"label",    "representation", "n_classes", "n_usable",
                                                "n_fitted", "n_cells",        "accuracy"};
const std::vector<std::string> reconstruction_columns{"from", "to", "n_cells", "r2", "mse"};
const std::vector<std::string> feature_columns{"from", "to", "feature", "r2", "pearson"};
const std::vector<std::string> matching_columns{"from",    "to",    "measure", "label",
                                                "n_cells", "value", "ceiling"};
const std::vector<std::string> latent_columns{"representation", "axis", "sd"};
const std::vector<std::string> loss_columns{"step", "kept", "part", "term", "value"};
const std::vector<std::string> bic_columns{"components", "bic",           "log_likelihood",
                                           "n_cells",    "failed_starts", "iterations"};

const std::vector<std::string> consensus_columns{"measure", "first", "second", "cells", "n_cells", "value"};
const std::vector<std::string> contingency_columns{"first",  "second",    "cells",        "row",
                                                   "column", "row_order", "column_order", "count"};

const std::vector<std::string> typewise_columns{"from",    "to",       "type",   "feature",
                                                "n_cells", "measured", "decoded"};
const std::vector<std::string> type_correlation_columns{
    "from", "to",      "over",    "name",        "panel",          "folds",
    "n",    "n_cells", "pearson", "pearson_raw", "pearson_centred"};
const std::vector<std::string> ensemble_columns{"measure", "from",    "to",   "label",
                                                "members", "n_cells", "value"};

std::vector<std::string> consensus_cell_columns(const Context& context) {
  std::vector<std::string> columns{"cell", "held_out"};
  for (const auto& modality : context.study.base.modalities)
    columns.push_back("cluster_z" + modality.name);
  return columns;
}

/// All tables while the units are read, each unit once.
class Tables {
public:
  explicit Tables(const Context& context)
      : context_(context),
        keys_(context),
        accuracy_(keys_.names(), accuracy_columns),
        reconstruction_(keys_.names(), reconstruction_columns),
        features_(keys_.names(), feature_columns),
        matching_(keys_.names(), matching_columns),
        latents_(keys_.names(), latent_columns),
        losses_(keys_.names(), loss_columns),
        bic_(keys_.names(), bic_columns),
        comparisons_(context),
        consensus_(Keys::without_replicate(keys_.names()), consensus_columns),
        contingency_(Keys::without_replicate(keys_.names()), contingency_columns),
        consensus_cells_(Keys::without_replicate(keys_.names()), consensus_cell_columns(context)),
        typewise_(Keys::without_replicate(keys_.names()), typewise_columns),
        type_correlations_(Keys::without_replicate(keys_.names()), type_correlation_columns),
        ensembles_(Keys::without_replicate(keys_.names()), ensemble_columns),
        relative_(context) {}

  void add(const StatisticsUnit& unit, const Record& record) {
    const auto keys = is_baseline(unit) ? keys_.of_baseline(unit) : keys_.of_network(unit.network);
    if (!failure(record).empty()) return;
    const Frame bic = get(record, "bic");
    accuracy_.add(keys, get(record, "accuracy"));
    reconstruction_.add(keys, get(record, "reconstruction"));
    features_.add(keys, get(record, "features"));
    matching_.add(keys, get(record, "matching"));
    latents_.add(keys, get(record, "latents"));
    losses_.add(keys, get(record, "losses"));
    bic_.add(keys, bic);
    const auto variant = Keys::without_replicate(keys);
    consensus_.add(variant, get(record, "consensus"));
    contingency_.add(variant, get(record, "contingency"));
    consensus_cells_.add(variant, get(record, "consensus_cells"));
    typewise_.add(variant, get(record, "typewise"));
    type_correlations_.add(variant, get(record, "type_correlations"));
    ensembles_.add(variant, get(record, "ensembles"));
    held_out_.add(variant, get(record, "held_out"));
    for (const Metric& metric : metrics_of(record)) {
      summary_.add(variant, metric.name, metric.value);
      relative_.add(unit.network, metric);
      comparisons_.add(place_of(unit, keys[1]), metric);
    }
    if (bic.rows() > 0) clusters_.add(unit.network, bic);
  }

  void write(const std::filesystem::path& folder) {
    make_folder(folder);
    remove_sums(folder);
    accuracy_.write(folder / "accuracy.csv");
    reconstruction_.write(folder / "reconstruction.csv");
    features_.write(folder / "features.csv");
    matching_.write(folder / "matching.csv");
    latents_.write(folder / "latents.csv");
    losses_.write(folder / "losses.csv");
    bic_.write(folder / "bic.csv");
    consensus_.write(folder / "consensus.csv");
    contingency_.write(folder / "contingency.csv");
    consensus_cells_.write(folder / "consensus_cells.csv");
    typewise_.write(folder / "typewise.csv");
    type_correlations_.write(folder / "type_correlations.csv");
    ensembles_.write(folder / "ensembles.csv");
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
  [[nodiscard]] ComparedFold place_of(const StatisticsUnit& unit, const std::string& variant) const {
    const auto replicate = context_.plan.networks[unit.network].replicate;
    return {unit.experiment, variant, static_cast<std::size_t>(replicate)};
  }

  const Context& context_;
  Keys keys_;
  TableWriter accuracy_, reconstruction_, features_, matching_, latents_, losses_, bic_;
  ComparisonRows comparisons_;
  TableWriter consensus_, contingency_, consensus_cells_, typewise_, type_correlations_, ensembles_;
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
