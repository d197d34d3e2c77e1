// The GPU's half of the fused engine in a build without it.
#include "cplae/core/error.hpp"
#include "engine/cuda/cuda_engine.hpp"

namespace cplae::engine::cuda {

std::string why_no_cuda_engine(const model::Device&) {
  return "this build has no kernels for GPUs";
}

std::size_t cuda_capacity(const Subject&, const model::Device&) {
  return 1;
}

std::unique_ptr<Engine> make_cuda_engine(const std::vector<Subject>&, const model::Device&) {
  throw UsageError(
      "the fused trainer on a GPU: this build has none (configure with -DCPLAE_CUDA=ON and nvcc)");
}

}  // namespace cplae::engine::cuda
