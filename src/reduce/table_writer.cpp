#include "table_writer.hpp"

#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"

namespace cplae::reduce {

namespace {

std::string csv_line(const std::vector<std::string>& keys, const std::vector<std::string>& values) {
  std::vector<std::string> fields;
  for (const auto* part : {&keys, &values})
    for (const auto& field : *part)
      fields.push_back(csv_field(field));
  return join(fields, ",") + "\n";
}

}  // namespace

Keys::Keys(const Context& context) : context_(context), paths_{"coupling.lambda"} {
  for (const auto& path : study::varied_paths(context.study))
    if (path != paths_.front()) paths_.push_back(path);
  names_ = {"experiment", "variant"};
  for (const auto& path : paths_)
    names_.push_back(study::short_name(path));
  names_.insert(names_.end(), {"fold", "init"});
  for (const auto& variant : context.plan.variants) {
    auto& settings = settings_.emplace_back();
    for (const auto& path : paths_)
      settings.push_back(study::setting_of(variant.spec, path));
  }
}

std::vector<std::string> Keys::of_network(std::size_t network) const {
  const auto& found = context_.plan.networks[network];
  const auto& variant = context_.plan.variants[found.variant.index()];
  const auto& experiment = context_.study.experiments[variant.experiment];
  const auto& settings = settings_[found.variant.index()];
  std::vector<std::string> keys{experiment.name, variant.id};
  keys.insert(keys.end(), settings.begin(), settings.end());
  const bool is_fold = experiment.kind == study::ExperimentKind::kfold;
  keys.push_back(is_fold ? std::to_string(found.replicate) : "");
  keys.push_back(is_fold ? "" : std::to_string(found.replicate));
  return keys;
}

std::vector<std::string> Keys::of_baseline(const StatisticsUnit& unit) const {
  std::vector<std::string> keys = of_network(unit.network);
  keys[1] = baseline_variant(context_, unit);
  if (is_average(unit)) return keys;
  for (std::size_t i = 0; i < paths_.size(); ++i)
    keys[2 + i] =
        paths_[i] == "training.latent_dim" && unit.latent_dim > 0 ? std::to_string(unit.latent_dim) : "";
  return keys;
}

std::vector<std::string> Keys::without_replicate(std::vector<std::string> keys) {
  keys.resize(keys.size() - 2);
  return keys;
}

TableWriter::TableWriter(const std::vector<std::string>& keys, const std::vector<std::string>& columns)
    : text_(csv_line(keys, columns)) {}

void TableWriter::add_row(const std::vector<std::string>& keys, const std::vector<std::string>& values) {
  text_ += csv_line(keys, values);
}

void TableWriter::add(const std::vector<std::string>& keys, const Frame& frame) {
  for (std::size_t row = 0; row < frame.rows(); ++row)
    add_row(keys, frame.row_text(row));
}

void TableWriter::write(const std::filesystem::path& path) const {
  write_file_atomically(path, text_);
}

}  // namespace cplae::reduce
