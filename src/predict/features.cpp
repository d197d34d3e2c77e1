#include "cplae/predict/features.hpp"

#include "cplae/core/error.hpp"
#include "cplae/core/places.hpp"
#include "cplae/core/text.hpp"

namespace cplae::predict {

namespace {

constexpr std::size_t most_named = 5;

}  // namespace

FeatureMatch match_features(const std::vector<std::string>& model, const std::vector<std::string>& table) {
  const auto place = places_of(table);
  FeatureMatch match;
  std::vector<bool> used(table.size(), false);
  for (const auto& name : model) {
    const auto found = place.find(name);
    if (found == place.end()) {
      match.column.emplace_back();
      match.missing.push_back(name);
    } else {
      match.column.emplace_back(found->second);
      used[found->second] = true;
    }
  }
  for (std::size_t i = 0; i < table.size(); ++i)
    if (!used[i]) match.extra.push_back(table[i]);
  return match;
}

void require_half(const FeatureMatch& match, const std::string& modality) {
  const std::size_t all = match.column.size();
  if (2 * match.shared() >= all) return;
  throw DataError("features of " + modality + ": " + std::to_string(match.shared()) + " of the run's " +
                  std::to_string(all) + " are in the new data, expected half of them at least; missing: " +
                  first_of(match.missing, most_named) +
                  (match.extra.empty() ? "" : "; the new data have: " + first_of(match.extra, most_named)));
}

std::string describe(const FeatureMatch& match) {
  std::string text =
      std::to_string(match.shared()) + " of " + std::to_string(match.column.size()) + " found by name";
  if (!match.missing.empty())
    text += "; " + std::to_string(match.missing.size()) +
            " missing, taken as 0: " + first_of(match.missing, most_named);
  if (!match.extra.empty())
    text +=
        "; " + std::to_string(match.extra.size()) + " others left out: " + first_of(match.extra, most_named);
  return text;
}

}  // namespace cplae::predict
