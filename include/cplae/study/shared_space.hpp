#pragma once
#include "cplae/study/study.hpp"

namespace cplae::study {

/// Whether the latents of all modalities of a network lie in one space, so that the mean of several means
/// something and one is decoded from another: coupled ones do, and a single one.
[[nodiscard]] inline bool share_space(const NetworkSpec& spec) {
  return spec.modalities.size() == 1 || spec.coupling.lambda > 0;
}

}  // namespace cplae::study
