// The library's one entry, and the GPUs that torch finds.
#include "model/torch_library.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include "engine/reference/reference_engine.hpp"

namespace cplae::engine {

namespace {

/// Loads torch's CUDA half, whose static initialisers register its kernels.
int visible_gpus(std::string& reason) {
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    reason = dlerror();
    return 0;
  }
  return at::globalContext().hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
}

}  // namespace

}  // namespace cplae::engine

extern "C" const cplae::model::TorchLibrary* cplae_torch_library() {
  using namespace cplae;
  static const model::TorchLibrary library{engine::visible_gpus, engine::make_reference_engine};
  // Ranks are the parallelism, and one thread has one order of sums.
  at::set_num_threads(1);
  return &library;
}
