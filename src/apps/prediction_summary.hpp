#pragma once
#include <string>
#include <vector>

#include "cplae/predict/predict.hpp"

namespace cplae::apps {

struct PredictingNetworks {
  std::string variant;
  std::string best;  ///< id of the network whose latents are handed out
};

/// What came of a prediction, for people: networks, types, distances; a line each. Pure.
[[nodiscard]] std::vector<std::string> prediction_summary(const predict::Prediction& prediction,
                                                          const PredictingNetworks& networks);

}  // namespace cplae::apps
