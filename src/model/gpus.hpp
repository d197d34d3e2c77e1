#pragma once
#include <string>

namespace cplae::model {

struct Gpus {
  int count = 0;
  std::string reason;  ///< for there being none
};

/// GPUs that the CUDA runtime of this build's kernels sees; none in a build without kernels.
[[nodiscard]] Gpus gpus_for_kernels();

}  // namespace cplae::model
