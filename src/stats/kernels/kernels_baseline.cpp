#define CPLAE_INSTRUCTIONS baseline
#define CPLAE_LANES 2
#include "kernels/kernels.inl"

namespace cplae::stats {

const Kernels& kernels_baseline() {
  return baseline::table;
}

}  // namespace cplae::stats
