#include "comparison_rows.hpp"

#include <limits>

#include "cplae/core/log.hpp"
#include "cplae/reduce/frame.hpp"
#include "cplae/stats/comparison.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

struct ComparisonRows::Row {
  std::size_t experiment;
  std::string variant;
  std::string reference;
  std::string metric;
  bool is_joint;
  stats::FoldDifference difference;
};

void ComparisonRows::add(const ComparedFold& place, const Metric& metric) {
  const auto& experiment = context_.study.experiments[place.experiment];
  if (experiment.kind != study::ExperimentKind::kfold || !metric.is_score) return;
  const auto [found, is_new] = scores_.try_emplace({place.experiment, place.variant});
  if (is_new) order_[place.experiment].push_back(place.variant);
  Scores& scores = found->second;
  auto [values, is_new_metric] = scores.values.try_emplace(
      metric.name, static_cast<std::size_t>(experiment.folds), std::numeric_limits<double>::quiet_NaN());
  if (is_new_metric) scores.metrics.push_back(metric.name);
  if (metric.is_joint) scores.joint.insert(metric.name);
  values->second.at(place.fold) = metric.value;
}

const ComparisonRows::Scores* ComparisonRows::scores_of(const std::string& variant) const {
  for (const auto& known : context_.plan.variants) {
    const auto found = scores_.find({known.experiment, variant});
    if (study::is_of(known, variant) && found != scores_.end()) return &found->second;
  }
  return nullptr;
}

void ComparisonRows::compare(std::size_t experiment, std::vector<Row>& rows) const {
  const std::string reference = study::reference_of(context_.study, context_.plan, experiment);
  const Scores* second = scores_of(reference);
  if (second == nullptr) {
    log::warning("experiment " + context_.study.experiments[experiment].name +
                 ": nothing to compare with, since all networks of the reference " + reference + " failed");
    return;
  }
  const double folds = static_cast<double>(context_.study.experiments[experiment].folds);
  const stats::FoldDesign design{.test_to_train = 1 / (folds - 1)};
  for (const auto& variant : order_.at(experiment)) {
    if (variant == reference) continue;
    const Scores& first = scores_.at({experiment, variant});
    for (const auto& metric : first.metrics) {
      const auto other = second->values.find(metric);
      if (other == second->values.end()) continue;
      rows.push_back({experiment, variant, reference, metric, first.joint.contains(metric),
                      stats::fold_difference(first.values.at(metric), other->second, design)});
    }
  }
}

std::vector<double> ComparisonRows::corrected_p_values(const std::vector<Row>& rows) {
  std::vector<double> corrected(rows.size());
  for (const bool is_joint : {false, true}) {
    std::vector<std::size_t> family;
    std::vector<double> p_values;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i].is_joint == is_joint) {
        family.push_back(i);
        p_values.push_back(rows[i].difference.p_value);
      }
    const auto adjusted = stats::holm(p_values);
    for (std::size_t i = 0; i < family.size(); ++i)
      corrected[family[i]] = adjusted[i];
  }
  return corrected;
}

void ComparisonRows::write(const std::filesystem::path& path) const {
  std::vector<Row> rows;
  for (const auto& [experiment, variants] : order_)
    compare(experiment, rows);
  const auto corrected = corrected_p_values(rows);
  TableWriter table({"experiment", "variant"},
                    {"reference", "metric", "difference", "low", "high", "folds", "unpaired", "p", "p_holm"});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& found = rows[i].difference;
    table.add_row(
        {context_.study.experiments[rows[i].experiment].name, rows[i].variant},
        {rows[i].reference, rows[i].metric, field_text(found.mean), field_text(found.mean - found.half_width),
         field_text(found.mean + found.half_width), std::to_string(found.folds),
         std::to_string(found.unpaired), field_text(found.p_value), field_text(corrected[i])});
  }
  table.write(path);
}

}  // namespace cplae::reduce
