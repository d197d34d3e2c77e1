#include "clusters.hpp"

#include "cplae/core/text.hpp"
#include "cplae/stats/histogram.hpp"

namespace cplae::reduce {

namespace {

/// The bins of one variant's best counts.
void add_bins(const std::vector<std::string>& variant, const std::vector<double>& counts,
              TableWriter& writer) {
  const auto edges = stats::freedman_diaconis_edges(counts);
  const auto heights = stats::histogram(counts, edges);
  const std::string modal = number_text(stats::modal_value(counts));
  for (std::size_t bin = 0; bin < heights.size(); ++bin)
    writer.add_row(
        variant, {number_text(edges[bin]), number_text(edges[bin + 1]), std::to_string(heights[bin]), modal});
}

}  // namespace

void BestCounts::add(std::size_t network, const Frame& bic) {
  const auto& components = bic.integers("components");
  const auto& value = bic.numbers("bic");
  for (std::size_t row = 0; row < bic.rows(); ++row) {
    const auto [place, is_new] = best_.emplace(network, Best{components[row], value[row]});
    if (!is_new && value[row] < place->second.bic) place->second = {components[row], value[row]};
  }
}

void BestCounts::write(const Context& context, const Keys& keys, const std::filesystem::path& folder,
                       SummaryRows& summary) const {
  TableWriter clusters(keys.names(), {"best_components", "bic"});
  TableWriter bins(Keys::without_replicate(keys.names()),
                   {"bin_left", "bin_right", "count", "modal_components"});
  std::map<std::int64_t, std::vector<double>> by_variant;
  for (const auto& [network, best] : best_) {
    const auto row_keys = keys.of_network(network);
    clusters.add_row(row_keys, {std::to_string(best.components), number_text(best.bic)});
    by_variant[context.plan.networks[network].variant.value()].push_back(
        static_cast<double>(best.components));
    summary.add(Keys::without_replicate(row_keys), "best_components", static_cast<double>(best.components));
  }
  std::size_t network = 0;
  for (std::size_t v = 0; v < context.plan.variants.size(); ++v) {
    const auto counts = by_variant.find(static_cast<std::int64_t>(v));
    if (counts != by_variant.end())
      add_bins(Keys::without_replicate(keys.of_network(network)), counts->second, bins);
    network += context.plan.variants[v].replicates;
  }
  clusters.write(folder / "clusters.csv");
  bins.write(folder / "cluster_counts.csv");
}

}  // namespace cplae::reduce
