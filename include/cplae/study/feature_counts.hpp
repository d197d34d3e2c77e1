#pragma once
#include <cstdint>
#include <vector>

#include "cplae/study/networks.hpp"

namespace cplae::study {

/// Features of each modality.
[[nodiscard]] inline std::vector<std::int64_t> feature_counts(const StudyData& data) {
  std::vector<std::int64_t> counts;
  for (const auto& modality : data.modalities)
    counts.push_back(static_cast<std::int64_t>(modality.features.size()));
  return counts;
}

/// Of a network in training, whose last modality may be the types (study::taught).
[[nodiscard]] inline std::vector<std::int64_t> feature_counts(const NetworkSpec& spec,
                                                              const StudyData& data) {
  std::vector<std::int64_t> counts;
  for (std::size_t m = 0; m < spec.modalities.size(); ++m)
    counts.push_back(data.trained(m).values.cols());
  return counts;
}

}  // namespace cplae::study
