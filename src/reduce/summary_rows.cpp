#include "summary_rows.hpp"

#include "cplae/core/text.hpp"
#include "cplae/reduce/frame.hpp"
#include "cplae/stats/summary.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

void SummaryRows::add(const std::vector<std::string>& variant, const std::string& metric, double value) {
  const std::string key = join(variant, "\n") + "\n" + metric;
  const auto [place, is_new] = index_.emplace(key, metrics_.size());
  if (is_new) metrics_.push_back({variant, metric, {}});
  metrics_[place->second].values.push_back(value);
}

void SummaryRows::write(const std::vector<std::string>& key_names, const std::filesystem::path& path) const {
  TableWriter writer(key_names, {"metric", "mean", "sd", "n"});
  std::map<std::vector<std::string>, std::vector<const Metric*>> of_variant;
  std::vector<std::vector<std::string>> variants;
  for (const auto& metric : metrics_) {
    auto& own = of_variant[metric.variant];
    if (own.empty()) variants.push_back(metric.variant);
    own.push_back(&metric);
  }
  for (const auto& variant : variants)
    for (const Metric* metric : of_variant.at(variant)) {
      const stats::Summary summary = stats::summarise(metric->values);
      writer.add_row(variant, {metric->name, field_text(summary.mean), field_text(summary.sd),
                               std::to_string(summary.n)});
    }
  writer.write(path);
}

}  // namespace cplae::reduce
