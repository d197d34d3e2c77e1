#include "summary_rows.hpp"

#include <cmath>

#include "cplae/core/text.hpp"
#include "cplae/stats/summary.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

namespace {

std::string text_or_nothing(double value) {
  return std::isnan(value) ? "" : number_text(value);
}

}  // namespace

void SummaryRows::add(const std::vector<std::string>& variant, const std::string& metric, double value) {
  const std::string key = join(variant, "\n") + "\n" + metric;
  const auto [place, is_new] = index_.emplace(key, metrics_.size());
  if (is_new) metrics_.push_back({variant, metric, {}});
  metrics_[place->second].values.push_back(value);
}

void SummaryRows::add_accuracy(const std::vector<std::string>& variant, const Frame& accuracy) {
  const auto& label = accuracy.texts("label");
  const auto& representation = accuracy.texts("representation");
  const auto& classes = accuracy.integers("n_classes");
  const auto& value = accuracy.numbers("accuracy");
  for (std::size_t row = 0; row < accuracy.rows(); ++row)
    add(variant, "accuracy " + representation[row] + " " + label[row] + " " + std::to_string(classes[row]),
        value[row]);
}

void SummaryRows::add_reconstruction(const std::vector<std::string>& variant, const Frame& reconstruction) {
  const auto& from = reconstruction.texts("from");
  const auto& to = reconstruction.texts("to");
  for (const std::string metric : {"r2", "mse"}) {
    const auto& value = reconstruction.numbers(metric);
    for (std::size_t row = 0; row < reconstruction.rows(); ++row)
      add(variant, metric + " " + to[row] + "<-" + from[row], value[row]);
  }
}

void SummaryRows::add_losses(const std::vector<std::string>& variant, const Frame& losses) {
  const auto& kept = losses.integers("kept");
  const auto& part = losses.texts("part");
  const auto& term = losses.texts("term");
  const auto& value = losses.numbers("value");
  for (std::size_t row = 0; row < losses.rows(); ++row)
    if (kept[row] == 1) add(variant, "loss " + part[row] + " " + term[row], value[row]);
}

void SummaryRows::write(const std::vector<std::string>& key_names, const std::filesystem::path& path) const {
  TableWriter writer(key_names, {"metric", "mean", "sd", "n"});
  for (const auto& metric : metrics_) {
    const stats::Summary summary = stats::summarise(metric.values);
    writer.add_row(metric.variant, {metric.name, text_or_nothing(summary.mean), text_or_nothing(summary.sd),
                                    std::to_string(summary.n)});
  }
  writer.write(path);
}

}  // namespace cplae::reduce
