#pragma once
// What a run folder says of its training cells (tables/, results.h5); the data file may be gone. All
// functions are local. They throw UsageError, naming `cplae reduce`, where a table is missing (a run of an
// earlier version), and DataError naming file and line where one does not fit the run.
#include <optional>
#include <string>
#include <vector>

#include "cplae/data/taxonomy.hpp"
#include "cplae/data/transform.hpp"
#include "cplae/stats/predictive.hpp"
#include "cplae/store/read_results.hpp"
#include "cplae/store/run_folder.hpp"

namespace cplae::predict {

/// A modality as the networks were trained on it. Per feature, in the run's order; f is the modality's
/// transform without zscore's centring.
struct TrainedModality {
  std::string name;
  std::vector<std::string> features;
  data::Transform transform = data::Transform::none;
  data::FeatureScaling scaling;     ///< what networks see is (f(x) - centre) / scale
  std::vector<double> mean, sd;     ///< of f(x) over the study's cells
  std::vector<double> mean_expm1;   ///< of e^f(x) - 1; NaN where values are no logarithms
  std::vector<double> mean_exp2m1;  ///< of 2^f(x) - 1; likewise
};

/// From results.h5 and tables/inputs.csv.
[[nodiscard]] TrainedModality read_modality(const store::RunFolder& folder,
                                            const store::ResultsReader& results, std::size_t modality);

/// A way to class the run's cells: a column of tables/cells.csv.
struct TrainedLabels {
  std::string name;
  std::vector<std::string> class_of_cell;  ///< [cells of the run]; "" = none
};

/// The columns of these names; without names, those of the study's label columns as they stand. Throws
/// UsageError naming the columns that there are.
[[nodiscard]] std::vector<TrainedLabels> read_labels(const store::RunFolder& folder,
                                                     const store::ResultsReader& results,
                                                     const std::vector<std::string>& names);

/// Percentiles 0 to 100 over the held-out cells of all networks of a variant (tables/held_out.csv); empty
/// where there are no such cells.
struct HeldOutCells {
  std::vector<double> error;    ///< [101 or 0] mean squared error of a cell's own reconstruction
  std::vector<double> missing;  ///< [101 or 0] share of a cell's features that are missing
};

[[nodiscard]] HeldOutCells read_held_out(const store::RunFolder& folder, const std::string& variant,
                                         const std::string& modality);

/// Error bars of one direction of an ensemble, as networks see values.
struct TrainedVariance {
  std::string from;  ///< "T", "T+M"
  std::string to;
  stats::PredictiveVariance variance;
};

/// Those of the ensemble of that id (tables/predictive.csv); none where no fold has two members with a
/// result.
[[nodiscard]] std::vector<TrainedVariance> read_variances(const store::RunFolder& folder,
                                                          const store::ResultsReader& results,
                                                          const std::string& ensemble);

/// The tree of types; none where the study has none.
[[nodiscard]] std::optional<data::Taxonomy> read_taxonomy(const store::RunFolder& folder);

}  // namespace cplae::predict
