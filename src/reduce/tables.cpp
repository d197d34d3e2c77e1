#include "cplae/reduce/tables.hpp"

#include <map>

#include "clusters.hpp"
#include "cplae/core/files.hpp"
#include "cplae/reduce/frame.hpp"
#include "cplae/reduce/units.hpp"
#include "summary_rows.hpp"
#include "sums.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

namespace {

const std::vector<std::string> accuracy_columns{"label",    "representation", "n_classes", "n_usable",
                                                "n_fitted", "n_cells",        "accuracy"};
const std::vector<std::string> reconstruction_columns{"from", "to", "n_cells", "r2", "mse"};
const std::vector<std::string> feature_columns{"from", "to", "feature", "r2", "pearson"};
const std::vector<std::string> loss_columns{"step", "kept", "part", "term", "value"};
const std::vector<std::string> bic_columns{"components", "bic",           "log_likelihood",
                                           "n_cells",    "failed_starts", "iterations"};

/// All tables while the units are read, each unit once.
class Tables {
public:
  explicit Tables(const Context& context)
      : context_(context),
        keys_(context),
        accuracy_(keys_.names(), accuracy_columns),
        reconstruction_(keys_.names(), reconstruction_columns),
        features_(keys_.names(), feature_columns),
        losses_(keys_.names(), loss_columns),
        bic_(keys_.names(), bic_columns) {}

  void add(const StatisticsUnit& unit, const Record& record) {
    const auto keys =
        unit.type == UnitType::baseline ? keys_.of_baseline(unit) : keys_.of_network(unit.network);
    if (!failure(record).empty()) return;
    const Frame accuracy = get(record, "accuracy");
    const Frame reconstruction = get(record, "reconstruction");
    const Frame losses = get(record, "losses");
    const Frame bic = get(record, "bic");
    accuracy_.add(keys, accuracy);
    reconstruction_.add(keys, reconstruction);
    features_.add(keys, get(record, "features"));
    losses_.add(keys, losses);
    bic_.add(keys, bic);
    const auto variant = Keys::without_replicate(keys);
    if (accuracy.rows() > 0) summary_.add_accuracy(variant, accuracy);
    if (reconstruction.rows() > 0) summary_.add_reconstruction(variant, reconstruction);
    if (losses.rows() > 0) summary_.add_losses(variant, losses);
    if (bic.rows() > 0) clusters_.add(unit.network, bic);
  }

  void write(const std::filesystem::path& folder) {
    make_folder(folder);
    remove_sums(folder);
    accuracy_.write(folder / "accuracy.csv");
    reconstruction_.write(folder / "reconstruction.csv");
    features_.write(folder / "features.csv");
    losses_.write(folder / "losses.csv");
    bic_.write(folder / "bic.csv");
    clusters_.write(context_, keys_, folder, summary_);
    summary_.write(Keys::without_replicate(keys_.names()), folder / "summary.csv");
    write_sums(folder);
  }

private:
  const Context& context_;
  Keys keys_;
  TableWriter accuracy_, reconstruction_, features_, losses_, bic_;
  BestCounts clusters_;
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
