#include "cplae/model/device.hpp"

#include <malloc.h>
#include <torch/csrc/api/include/torch/version.h>

#include <filesystem>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/core/processor.hpp"
#include "model/gpus.hpp"
#include "model/torch_library.hpp"

namespace cplae::model {

namespace {

const Gpus& visible_gpus() {
  static const Gpus found = [] {
    Gpus gpus;
    // A driver's control device is the cheapest sign of a GPU; without it loading half a gigabyte of kernels
    // is in vain.
    if (!std::filesystem::exists("/dev/nvidiactl")) {
      gpus.reason = "no NVIDIA driver on this machine";
      return gpus;
    }
    gpus = gpus_for_kernels();
    if (gpus.count > 0) return gpus;
    std::string of_torch = "none is visible";
    gpus.count = torch_library().visible_gpus(of_torch);
    gpus.reason += "; torch: " + of_torch;
    return gpus;
  }();
  return found;
}

/// Of the kernels that the trainers take.
std::string instructions_text() {
  switch (widest_instructions()) {
    case Instructions::avx512:
      return "AVX512";
    case Instructions::avx2:
      return "AVX2";
    case Instructions::baseline:
      break;
  }
  return "baseline";
}

}  // namespace

Device gpu_of(const LocalRank& rank, int gpus) {
  const int index = rank.rank % gpus;
  return {DeviceKind::cuda, index, (rank.ranks - index + gpus - 1) / gpus};
}

Device choose_device(DeviceRequest request, const LocalRank& rank) {
  if (request == DeviceRequest::cpu) return {};
  const Gpus& gpus = visible_gpus();
  if (gpus.count > 0) {
    const Device device = gpu_of(rank, gpus.count);
    if (device.sharers > 1 && rank.rank == device.index)
      log::warning(std::to_string(device.sharers) + " ranks share " + describe(device) +
                   ", and each takes its part of the memory: without NVIDIA's MPS they only take turns; one "
                   "rank a GPU is as fast");
    return device;
  }
  if (request == DeviceRequest::automatic) return {};
  throw UsageError(
      "--device cuda: no GPU can be used (" + gpus.reason +
      "); use --device cpu, or install torch with its CUDA packages (CPLAE_GPU=1 scripts/setup.sh)");
}

std::string kind_name(DeviceKind kind) {
  return kind == DeviceKind::cuda ? "cuda" : "cpu";
}

std::string describe(const Device& device) {
  if (device.kind == DeviceKind::cpu) return "cpu (" + instructions_text() + ")";
  return "cuda:" + std::to_string(device.index);
}

void configure_process() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest that glibc takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

std::string torch_version() {
  return TORCH_VERSION;
}

}  // namespace cplae::model
