#include "metrics.hpp"

#include "cplae/reduce/frame.hpp"

namespace cplae::reduce {

namespace {

/// Whether a source or representation is of several modalities: "T+M". No modality's name has a plus.
bool is_joint(const std::string& from) {
  return from.find('+') != std::string::npos;
}

void add_accuracy(const Frame& accuracy, std::vector<Metric>& metrics) {
  if (accuracy.rows() == 0) return;
  const auto& label = accuracy.texts("label");
  const auto& representation = accuracy.texts("representation");
  const auto& classes = accuracy.integers("n_classes");
  const auto& value = accuracy.numbers("accuracy");
  for (std::size_t row = 0; row < accuracy.rows(); ++row)
    metrics.push_back(
        {"accuracy " + representation[row] + " " + label[row] + " " + std::to_string(classes[row]),
         value[row], true, is_joint(representation[row])});
}

void add_reconstruction(const Frame& reconstruction, std::vector<Metric>& metrics) {
  if (reconstruction.rows() == 0) return;
  const auto& from = reconstruction.texts("from");
  const auto& to = reconstruction.texts("to");
  for (const std::string measure : {"r2", "mse"}) {
    const auto& value = reconstruction.numbers(measure);
    for (std::size_t row = 0; row < reconstruction.rows(); ++row)
      metrics.push_back(
          {measure + " " + to[row] + "<-" + from[row], value[row], measure == "r2", is_joint(from[row])});
  }
}

void add_matching(const Frame& matching, std::vector<Metric>& metrics) {
  if (matching.rows() == 0) return;
  const auto& from = matching.texts("from");
  const auto& to = matching.texts("to");
  const auto& measure = matching.texts("measure");
  const auto& label = matching.texts("label");
  const auto& value = matching.numbers("value");
  for (std::size_t row = 0; row < matching.rows(); ++row) {
    // Of FOSCTTM the two directions are compared; its other forms say the same and would be tested for
    // nothing.
    const bool is_score = !measure[row].starts_with("foscttm_");
    metrics.push_back(
        {measure[row] + " " + to[row] + "<-" + from[row] + (label[row].empty() ? "" : " " + label[row]),
         value[row], is_score});
  }
}

/// The least SD of each representation: 0 where a dimension has collapsed.
void add_latents(const Frame& latents, std::vector<Metric>& metrics) {
  if (latents.rows() == 0) return;
  const auto& representation = latents.texts("representation");
  const auto& sd = latents.numbers("sd");
  for (std::size_t row = 0; row < latents.rows(); ++row) {
    const bool is_last = row + 1 == latents.rows() || representation[row + 1] != representation[row];
    if (is_last) metrics.push_back({"least_sd " + representation[row], sd[row], false});
  }
}

void add_losses(const Frame& losses, std::vector<Metric>& metrics) {
  if (losses.rows() == 0) return;
  const auto& kept = losses.integers("kept");
  const auto& part = losses.texts("part");
  const auto& term = losses.texts("term");
  const auto& value = losses.numbers("value");
  for (std::size_t row = 0; row < losses.rows(); ++row)
    if (kept[row] == 1) metrics.push_back({"loss " + part[row] + " " + term[row], value[row], false});
}

/// One value a type, or a feature: their spread is no spread over replicates.
void add_type_correlations(const Frame& table, std::vector<Metric>& metrics) {
  if (table.rows() == 0) return;
  const auto& from = table.texts("from");
  const auto& to = table.texts("to");
  const auto& over = table.texts("over");
  const auto add = [&](const std::string& metric, const std::string& column, const std::string& of) {
    for (std::size_t row = 0; row < table.rows(); ++row)
      if (over[row] == of)
        metrics.push_back({metric + to[row] + "<-" + from[row], table.numbers(column)[row], false});
  };
  add("type_pearson ", "pearson", "features");
  add("type_pearson_raw ", "pearson_raw", "features");
  add("type_pearson_centred ", "pearson_centred", "features");
  add("feature_pearson ", "pearson", "types");
}

void add_ensembles(const Frame& table, std::vector<Metric>& metrics) {
  if (table.rows() == 0) return;
  const auto& measure = table.texts("measure");
  const auto& from = table.texts("from");
  const auto& to = table.texts("to");
  const auto& label = table.texts("label");
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const double value = table.numbers("value")[row];
    if (measure[row] == "r2_of_average")
      metrics.push_back({"ensemble_r2 " + to[row] + "<-" + from[row], value, false});
    else if (measure[row] == "accuracy_of_average")
      metrics.push_back({"ensemble_accuracy z" + from[row] + " " + label[row], value, false});
  }
}

}  // namespace

std::vector<Metric> metrics_of(const Record& record) {
  std::vector<Metric> metrics;
  add_accuracy(get(record, "accuracy"), metrics);
  add_reconstruction(get(record, "reconstruction"), metrics);
  add_matching(get(record, "matching"), metrics);
  add_latents(get(record, "latents"), metrics);
  add_losses(get(record, "losses"), metrics);
  add_type_correlations(get(record, "type_correlations"), metrics);
  add_ensembles(get(record, "ensembles"), metrics);
  return metrics;
}

}  // namespace cplae::reduce
