#define CPLAE_INSTRUCTIONS avx2
#define CPLAE_LANES 4
#include "kernels/kernels.inl"

namespace cplae::stats {

const Kernels& kernels_avx2() {
  return avx2::table;
}

}  // namespace cplae::stats
