#include "cplae/engine/engine.hpp"
#include "cplae/engine/initial_weights.hpp"
#include "cplae/study/feature_counts.hpp"

namespace cplae::engine {

std::size_t terms_of(const study::NetworkSpec& spec) {
  const std::size_t k = spec.modalities.size();
  return 1 + k + k * (k - 1) / 2;
}

State initial_state(const Subject& subject) {
  const model::Layout layout = model::make_layout(subject.spec, feature_counts(subject.spec, subject.data));
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

void Engine::keep(std::size_t network) {
  kept_.resize(networks());
  kept_[network] = weights(network);
}

model::Weights Engine::kept(std::size_t network) {
  return kept_.at(network);
}

}  // namespace cplae::engine
