#include "cplae/model/device.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/csrc/api/include/torch/version.h>

#include <filesystem>

#include "cplae/core/error.hpp"

namespace cplae::model {

namespace {

/// Loads torch's CUDA half, whose static initialisers register its kernels. Returns the loader's reason on
/// failure, empty on success.
std::string load_cuda() {
  static const std::string reason = [] {
    // A driver's control device is the cheapest sign of a GPU; without it loading half a gigabyte of kernels
    // is in vain.
    if (!std::filesystem::exists("/dev/nvidiactl")) return std::string("no NVIDIA driver on this machine");
    if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) return std::string(dlerror());
    return std::string();
  }();
  return reason;
}

int visible_gpus() {
  if (!load_cuda().empty() || !at::globalContext().hasCUDA()) return 0;
  return static_cast<int>(at::detail::getCUDAHooks().deviceCount());
}

}  // namespace

Device choose_device(DeviceRequest request, int local_rank) {
  if (request == DeviceRequest::cpu) return {};
  const int gpus = visible_gpus();
  if (gpus > 0) return {DeviceKind::cuda, local_rank % gpus};
  if (request == DeviceRequest::automatic) return {};
  const std::string reason = load_cuda();
  throw UsageError(
      "--device cuda: no GPU can be used (" + (reason.empty() ? "none is visible" : reason) +
      "); use --device cpu, or install torch with its CUDA packages (CPLAE_GPU=1 scripts/setup.sh)");
}

std::string kind_name(DeviceKind kind) {
  return kind == DeviceKind::cuda ? "cuda" : "cpu";
}

std::string describe(const Device& device) {
  if (device.kind == DeviceKind::cpu) return "cpu (" + at::get_cpu_capability() + ")";
  return "cuda:" + std::to_string(device.index);
}

void configure_process() {
  at::set_num_threads(1);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest that glibc takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

std::string torch_version() {
  return TORCH_VERSION;
}

}  // namespace cplae::model
