#include "relative_rows.hpp"

#include <algorithm>

#include "cplae/reduce/frame.hpp"
#include "cplae/stats/summary.hpp"

namespace cplae::reduce {

namespace {

const std::string held_out_loss = "loss validation ";

using Settings = std::vector<std::pair<std::string, std::string>>;

Settings all_but_lambda(const study::Variant& variant) {
  Settings settings = variant.settings;
  std::erase_if(settings, [](const auto& setting) { return setting.first == "lambda"; });
  return settings;
}

}  // namespace

void RelativeRows::add(std::size_t network, const Metric& metric) {
  if (!metric.name.starts_with(held_out_loss)) return;
  const std::string term = metric.name.substr(held_out_loss.size());
  // A sum of terms of which one has no weight at lambda = 0.
  if (term == "total") return;
  if (std::find(terms_.begin(), terms_.end(), term) == terms_.end()) terms_.push_back(term);
  values_[context_.plan.networks[network].variant.index()][term].push_back(metric.value);
}

std::size_t RelativeRows::uncoupled_like(std::size_t variant) const {
  const auto& variants = context_.plan.variants;
  const auto& own = variants[variant];
  const auto found = std::find_if(variants.begin(), variants.end(), [&](const study::Variant& other) {
    return other.experiment == own.experiment && other.spec.coupling.lambda == 0 &&
           all_but_lambda(other) == all_but_lambda(own);
  });
  return static_cast<std::size_t>(found - variants.begin());
}

void RelativeRows::write(const Keys& keys, const std::filesystem::path& path) const {
  TableWriter table(Keys::without_replicate(keys.names()),
                    {"term", "loss", "n", "reference", "reference_loss", "reference_n", "relative"});
  std::size_t network = 0;
  for (std::size_t v = 0; v < context_.plan.variants.size(); ++v) {
    const auto& variant = context_.plan.variants[v];
    const std::size_t first = network;
    network += variant.replicates;
    const auto own = values_.find(v);
    const auto other = values_.find(uncoupled_like(v));
    if (variant.spec.coupling.lambda == 0 || own == values_.end() || other == values_.end()) continue;
    for (const auto& term : terms_) {
      if (!own->second.contains(term) || !other->second.contains(term)) continue;
      const auto loss = stats::summarise(own->second.at(term));
      const auto reference = stats::summarise(other->second.at(term));
      table.add_row(
          Keys::without_replicate(keys.of_network(first)),
          {term, field_text(loss.mean), std::to_string(loss.n), context_.plan.variants[other->first].id,
           field_text(reference.mean), std::to_string(reference.n), field_text(loss.mean / reference.mean)});
    }
  }
  table.write(path);
}

}  // namespace cplae::reduce
