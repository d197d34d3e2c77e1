#include "kernels/kernels.hpp"

#include "cplae/core/processor.hpp"

namespace cplae::stats {

const Kernels& best_kernels() {
#if defined(__x86_64__)
  if (widest_instructions() == Instructions::avx512) return kernels_avx512();
  if (widest_instructions() == Instructions::avx2) return kernels_avx2();
#endif
  return kernels_baseline();
}

}  // namespace cplae::stats
