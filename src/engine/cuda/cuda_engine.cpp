#include "engine/cuda/cuda_engine.hpp"

#include <algorithm>

#include "cplae/core/error.hpp"
#include "cplae/study/feature_counts.hpp"
#include "engine/cuda/cuda_backend.hpp"
#include "engine/cuda/group_engine.hpp"
#include "engine/cuda/plan.hpp"

namespace cplae::engine::cuda {

namespace {

/// The largest GPUs are full long before so many networks; more only make a signal wait.
constexpr std::size_t most_networks = 512;
/// The first with TF32 and with copies that pass the registers by.
constexpr int least_capability = 8;

}  // namespace

std::string why_no_cuda_engine(const model::Device& device) {
  try {
    const int major = compute_capability(device.index);
    if (major >= least_capability) return "";
    return "its compute capability is " + std::to_string(major) + ".x, and the kernels need " +
           std::to_string(least_capability) + ".0";
  } catch (const Error& error) {
    return error.what();
  }
}

std::size_t cuda_capacity(const Subject& subject, const model::Device& device) {
  const std::size_t cells = subject.split.size();
  const std::size_t each = make_plan(subject.spec, feature_counts(subject.spec, subject.data)).bytes(cells);
  // A value, and whether it was observed; the driver and torch take their share too.
  std::size_t data = std::size_t{512} << 20U;
  for (std::size_t m = 0; m < subject.spec.modalities.size(); ++m)
    data += static_cast<std::size_t>(subject.data.trained(m).values.size()) * (sizeof(float) + 1);
  const std::size_t free = free_bytes(device.index) / 10 * 9 / static_cast<std::size_t>(device.sharers);
  const std::size_t fit = free > data ? (free - data) / each : 0;
  // One network more has room for weights that are looked at.
  return std::clamp<std::size_t>(fit, 2, most_networks + 1) - 1;
}

std::unique_ptr<Engine> make_cuda_engine(const std::vector<Subject>& subjects, const model::Device& device) {
  return make_group_engine(subjects, make_cuda_backend({.device = device.index}));
}

}  // namespace cplae::engine::cuda
