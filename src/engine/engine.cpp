#include "cplae/engine/engine.hpp"

#include "cplae/core/error.hpp"
#include "engine/cuda/cuda_engine.hpp"
#include "engine/fused/fused_engine.hpp"
#include "model/torch_library.hpp"

namespace cplae::engine {

std::string kind_name(Kind kind) {
  return kind == Kind::fused ? "fused" : "reference";
}

namespace {

/// The kernels may see a GPU that torch, without its CUDA half, does not.
void require_torch_on(const model::Device& device, const std::string& lacks) {
  std::string reason = "it finds none";
  if (model::torch_library().visible_gpus(reason) > device.index) return;
  throw UsageError("the reference trainer on " + model::describe(device) + ": torch cannot use the GPU (" +
                   reason + ")" + (lacks.empty() ? "" : ", nor can the fused trainer (" + lacks + ")") +
                   "; expected " + (lacks.empty() ? "training.trainer = fused, " : "") +
                   "--device cpu, or torch's CUDA packages");
}

}  // namespace

Kind choose_kind(const study::NetworkSpec& spec, const model::Device& device) {
  const bool on_gpu = device.kind == model::DeviceKind::cuda;
  const bool wants_fused = spec.training.trainer != study::Trainer::reference;
  const std::string lacks = wants_fused && on_gpu ? cuda::why_no_cuda_engine(device) : "";
  const bool fused = wants_fused && lacks.empty();
  if (spec.training.precision == study::Precision::tf32 && !(fused && on_gpu))
    throw UsageError("training.precision: found tf32, which only the fused trainer on a GPU has, not the " +
                     std::string(fused ? "fused" : "reference") + " trainer on " + model::describe(device) +
                     "; expected fp32");
  if (fused) return Kind::fused;
  if (spec.training.trainer == study::Trainer::fused)
    throw UsageError("training.trainer: found fused, which there is not on " + model::describe(device) +
                     " (" + lacks + "); expected reference or auto");
  if (on_gpu) require_torch_on(device, lacks);
  return Kind::reference;
}

std::size_t most_together(Kind kind, const Subject& subject, const model::Device& device) {
  const bool groups = kind == Kind::fused && device.kind == model::DeviceKind::cuda;
  return groups ? cuda::cuda_capacity(subject, device) : 1;
}

std::unique_ptr<Engine> make_engine(Kind kind, const std::vector<Subject>& subjects,
                                    const model::Device& device) {
  if (kind == Kind::fused && device.kind == model::DeviceKind::cuda)
    return cuda::make_cuda_engine(subjects, device);
  if (subjects.size() != 1)
    throw Error("engine " + kind_name(kind) + ": " + std::to_string(subjects.size()) +
                " networks at once, expected 1");
  if (kind == Kind::fused) return make_fused_engine(subjects.front());
  return model::torch_library().make_reference_engine(subjects.front(), device);
}

}  // namespace cplae::engine
