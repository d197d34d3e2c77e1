#include "table_writer.hpp"

#include <algorithm>

#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"
#include "cplae/reduce/units.hpp"

namespace cplae::reduce {

namespace {

std::string csv_line(const std::vector<std::string>& keys, const std::vector<std::string>& values) {
  std::vector<std::string> fields;
  for (const auto* part : {&keys, &values})
    for (const auto& field : *part)
      fields.push_back(csv_field(field));
  return join(fields, ",") + "\n";
}

/// Value of a key that this variant does not vary, where a table has a column for it because another one
/// does.
std::string fixed_value(const study::NetworkSpec& spec, const std::string& name) {
  if (name == "lambda") return number_text(spec.coupling.lambda);
  if (name == "latent_dim") return std::to_string(spec.training.latent_dim);
  if (name == "steps") return std::to_string(spec.training.steps);
  if (name == "batch") return std::to_string(spec.training.batch);
  if (name == "learning_rate") return number_text(spec.training.learning_rate);
  for (const auto& modality : spec.modalities)
    if (name == "alpha_" + modality.name) return number_text(modality.alpha);
  return "";
}

}  // namespace

Keys::Keys(const Context& context) : context_(context), settings_{"lambda"} {
  for (const auto& variant : context.plan.variants)
    for (const auto& [name, value] : variant.settings)
      if (std::find(settings_.begin(), settings_.end(), name) == settings_.end()) settings_.push_back(name);
  names_ = {"experiment", "variant"};
  names_.insert(names_.end(), settings_.begin(), settings_.end());
  names_.insert(names_.end(), {"fold", "init"});
}

std::vector<std::string> Keys::of_network(std::size_t network) const {
  const auto& found = context_.plan.networks[network];
  const auto& variant = context_.plan.variants[found.variant.index()];
  const auto& experiment = context_.study.experiments[variant.experiment];
  std::vector<std::string> keys{experiment.name, variant.id};
  for (const auto& name : settings_) {
    const auto setting = std::find_if(variant.settings.begin(), variant.settings.end(),
                                      [&](const auto& pair) { return pair.first == name; });
    keys.push_back(setting != variant.settings.end() ? setting->second : fixed_value(variant.spec, name));
  }
  const bool is_fold = experiment.kind == study::ExperimentKind::kfold;
  keys.push_back(is_fold ? std::to_string(found.replicate) : "");
  keys.push_back(is_fold ? "" : std::to_string(found.replicate));
  return keys;
}

std::vector<std::string> Keys::of_baseline(std::size_t experiment, std::size_t baseline,
                                           std::size_t network) const {
  std::vector<std::string> keys = of_network(network);
  const auto& spec = context_.study.experiments[experiment];
  keys[1] = baseline_variant(spec, baseline);
  std::fill(keys.begin() + 2, keys.end() - 2, "");
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
