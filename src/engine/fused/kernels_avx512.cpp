#define CPLAE_INSTRUCTIONS avx512
#define CPLAE_LANES 16
#include "engine/fused/kernels.inl"

namespace cplae::engine::fused {

const Kernels& kernels_avx512() {
  return avx512::table;
}

}  // namespace cplae::engine::fused
