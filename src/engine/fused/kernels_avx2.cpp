#define CPLAE_INSTRUCTIONS avx2
#define CPLAE_LANES 8
#include "engine/fused/kernels.inl"

namespace cplae::engine::fused {

const Kernels& kernels_avx2() {
  return avx2::table;
}

}  // namespace cplae::engine::fused
