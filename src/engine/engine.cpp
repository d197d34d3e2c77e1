#include "cplae/engine/engine.hpp"

#include "cplae/core/error.hpp"
#include "cplae/engine/initial_weights.hpp"
#include "engine/cuda/cuda_engine.hpp"
#include "engine/features.hpp"
#include "engine/fused/fused_engine.hpp"
#include "engine/reference/reference_engine.hpp"

namespace cplae::engine {

std::size_t terms_of(const study::NetworkSpec& spec) {
  const std::size_t k = spec.modalities.size();
  return 1 + k + k * (k - 1) / 2;
}

State initial_state(const Subject& subject) {
  const model::Layout layout = model::make_layout(subject.spec, feature_counts(subject.data));
  State state;
  state.weights.parameters = initial_weights(layout, subject.key);
  start_outputs(subject, layout, state.weights.parameters);
  state.weights.moving.assign(layout.moving_floats, 0.0F);
  for (const auto& slot : layout.moving)
    if (slot.name.ends_with("moving_variance"))
      for (std::int64_t i = 0; i < slot.columns; ++i)
        state.weights.moving[slot.offset + static_cast<std::size_t>(i)] = 1.0F;
  state.first_moment.assign(layout.parameter_floats, 0.0F);
  state.second_moment = state.first_moment;
  state.term_sums.assign(terms_of(subject.spec), 0.0);
  return state;
}

std::string kind_name(Kind kind) {
  return kind == Kind::fused ? "fused" : "reference";
}

Kind choose_kind(const study::NetworkSpec& spec, const model::Device& device) {
  const bool on_gpu = device.kind == model::DeviceKind::cuda;
  const bool fused =
      spec.training.trainer != study::Trainer::reference && (!on_gpu || cuda::have_cuda_engine());
  if (spec.training.precision == study::Precision::tf32 && !(fused && on_gpu))
    throw UsageError("training.precision: found tf32, which only the fused trainer on a GPU has, not the " +
                     std::string(fused ? "fused" : "reference") + " trainer on " + model::describe(device) +
                     "; expected fp32");
  if (fused) return Kind::fused;
  if (spec.training.trainer == study::Trainer::fused)
    throw UsageError("training.trainer: found fused, which this build does not have for " +
                     model::describe(device) + "; expected reference or auto");
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
  return make_reference_engine(subjects.front(), device);
}

}  // namespace cplae::engine
