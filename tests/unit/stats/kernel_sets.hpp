#pragma once
#include <vector>

#include "kernels/kernels.hpp"

namespace cplae::stats::test {

/// The sets of kernels that this processor can run.
inline std::vector<const Kernels*> kernel_sets() {
  std::vector<const Kernels*> sets{&kernels_baseline()};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(&kernels_avx2());
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    sets.push_back(&kernels_avx512());
#endif
  return sets;
}

}  // namespace cplae::stats::test
