#pragma once
#include <cstdint>
#include <vector>

#include "cplae/study/networks.hpp"

namespace cplae::engine {

/// Features of each modality of the spec.
[[nodiscard]] inline std::vector<std::int64_t> feature_counts(const study::NetworkSpec& spec,
                                                              const study::StudyData& data) {
  std::vector<std::int64_t> counts;
  for (std::size_t m = 0; m < spec.modalities.size(); ++m)
    counts.push_back(data.trained(m).values.cols());
  return counts;
}

}  // namespace cplae::engine
