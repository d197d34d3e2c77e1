#pragma once
#include <map>
#include <string>

#include "node.hpp"

namespace cplae::study {

/// Where each key of a study stands, by its path: "training.steps" -> "jobs/demo.toml:12". Elements of array
/// tables count too ("modality.E"): the last of a name, which is the one too many where there are two.
[[nodiscard]] std::map<std::string, std::string> places_of(const Table& root);

}  // namespace cplae::study
