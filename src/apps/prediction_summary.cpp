#include "prediction_summary.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "cplae/core/text.hpp"
#include "cplae/stats/summary.hpp"

namespace cplae::apps {

namespace {

constexpr std::size_t most_types = 6;
constexpr double far = 0.95;  ///< beyond this share of the held-out cells

std::string percent_text(double share) {
  return number_text(std::round(100 * share)) + " %";
}

/// "Sst 20, Pvalb 12": the most frequent first.
std::string counts_text(const std::vector<std::string>& types) {
  std::map<std::string, std::size_t> counts;
  for (const auto& type : types)
    if (!type.empty()) ++counts[type];
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(most_types, sorted.size()); ++i)
    texts.push_back(sorted[i].first + " " + std::to_string(sorted[i].second));
  return join(texts, ", ") + (sorted.size() > most_types ? ", ..." : "");
}

std::string types_text(const predict::PredictedTypes& types) {
  if (types.networks == 0) return types.label + ": no network has two classes of cells enough";
  return types.label + ": " + counts_text(types.type) + "; on average " +
         percent_text(stats::mean_ignoring_nan(types.agreement)) + " of the networks agree";
}

std::string share_beyond(const std::vector<double>& quantiles) {
  const auto known = std::count_if(quantiles.begin(), quantiles.end(), [](double q) { return q == q; });
  const auto beyond = std::count_if(quantiles.begin(), quantiles.end(), [](double q) { return q > far; });
  return known == 0 ? "an unknown share"
                    : percent_text(static_cast<double>(beyond) / static_cast<double>(known));
}

}  // namespace

std::vector<std::string> prediction_summary(const predict::Prediction& prediction,
                                            const PredictingNetworks& networks) {
  std::vector<std::string> lines;
  lines.push_back("networks: " + std::to_string(prediction.networks) + " of " + networks.variant +
                  (prediction.failed == 0 ? "" : " (" + std::to_string(prediction.failed) + " failed)") +
                  "; latents of " + networks.best);
  for (const auto& types : prediction.types)
    lines.push_back(types_text(types));
  lines.push_back("beyond 95 % of the run's held-out cells: " + share_beyond(prediction.distance.latent) +
                  " of the cells by their latents, " + share_beyond(prediction.distance.input) +
                  " by the error of their reconstruction");
  return lines;
}

}  // namespace cplae::apps
