#define CPLAE_INSTRUCTIONS avx512
#define CPLAE_LANES 8
#include "kernels/kernels.inl"

namespace cplae::stats {

const Kernels& kernels_avx512() {
  return avx512::table;
}

}  // namespace cplae::stats
