// The kernels with vectors of sixteen floats, whatever the processor: the compiler makes them of smaller
// ones. So what AVX-512 machines run is tested, but for the instructions themselves, on every machine.
#define CPLAE_INSTRUCTIONS sixteen
#define CPLAE_LANES 16
#include "kernels_sixteen.hpp"
#include "engine/fused/kernels.inl"

namespace cplae::engine::fused {

const Kernels& kernels_sixteen() {
  return sixteen::table;
}

}  // namespace cplae::engine::fused
