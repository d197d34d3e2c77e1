#define CPLAE_INSTRUCTIONS baseline
#define CPLAE_LANES 4
#include "engine/fused/kernels.inl"

namespace cplae::engine::fused {

const Kernels& kernels_baseline() {
  return baseline::table;
}

}  // namespace cplae::engine::fused
