#pragma once
#include <functional>
#include <optional>
#include <string>

#include "fields.hpp"

namespace cplae::study {

/// One key of a NetworkSpec that `vary` may change.
struct SpecKey {
  FieldInfo info;
  std::function<Node(const NetworkSpec&)> get;
  std::function<void(NetworkSpec&, const Node&)> set;
};

struct SpecKeySearch {
  std::optional<SpecKey> key;
  std::string problem;  ///< why there is none: "unknown key; did you mean coupling.lambda?"
};

/// Finds "coupling.<key>", "training.<key>" or "modality.<name>.<key>" among the modalities of `spec`.
[[nodiscard]] SpecKeySearch find_spec_key(const NetworkSpec& spec, const std::string& path);

/// "experiment.cross_validation.vary."coupling.lambda"", for messages.
[[nodiscard]] std::string vary_path(const ExperimentSpec& experiment, const std::string& path);

}  // namespace cplae::study
