#pragma once
// Networks of every kind that the fused trainer takes, each with its cohort and a point to be compared at.
#include <gtest/gtest.h>

#include <ostream>

#include "cohort.hpp"
#include "cplae/engine/engine.hpp"
#include "cplae/study/feature_counts.hpp"

namespace cplae {

struct Case {
  std::string name;
  CohortShape shape;
  study::NetworkSpec spec;
};

inline void PrintTo(const Case& which, std::ostream* out) {
  *out << which.name;
}

/// A point away from the start, so that biases, moving statistics and batch norm matter.
inline engine::State random_state(const study::NetworkSpec& spec, const study::StudyData& data) {
  engine::State state = engine::initial_state(
      {spec, data, data::Split(data.modalities.front().present.size()), make_key(3, "weights")});
  const RandomStream stream(make_key(4, "biases"), {.purpose = Purpose::simulation});
  const auto layout = model::make_layout(spec, study::feature_counts(spec, data));
  for (const auto& slot : layout.parameters)
    if (slot.rows == 1)
      for (std::size_t i = slot.offset; i < slot.offset + static_cast<std::size_t>(slot.columns); ++i)
        state.weights.parameters[i] += 0.3F * (stream.uniform(i) - 0.3F);
  return state;
}

inline study::NetworkSpec with_scale(study::CouplingScale scale) {
  study::NetworkSpec spec = make_network(2);
  spec.coupling.scale = scale;
  spec.coupling.lambda = 0.4;
  return spec;
}

inline study::NetworkSpec uncoupled() {
  study::NetworkSpec spec = make_network(2);
  spec.coupling.lambda = 0;
  return spec;
}

inline study::NetworkSpec plain_decoders() {
  study::NetworkSpec spec = make_network(2);
  spec.coupling.augment_decoders = false;
  return spec;
}

inline study::NetworkSpec with_encoders(study::NetworkSpec spec) {
  spec.coupling.augment_encoders = true;
  return spec;
}

inline study::NetworkSpec no_hidden() {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[0].hidden.clear();
  spec.modalities[0].decoder_dropout = 0.3;
  spec.modalities[1].hidden.clear();
  return spec;
}

inline study::NetworkSpec wide() {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[0].hidden = {50, 50, 50, 50};
  spec.modalities[1].hidden = {40, 40, 40, 40};
  spec.training.batch = 200;
  return spec;
}

inline study::NetworkSpec very_wide() {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[0].hidden = {300, 20};
  return spec;
}

inline study::NetworkSpec many_latents() {
  study::NetworkSpec spec = make_network(3);
  spec.training.latent_dim = 18;
  return spec;
}

inline study::NetworkSpec tiny_batches() {
  study::NetworkSpec spec = make_network(3);
  spec.training.batch = 5;
  spec.training.latent_dim = 2;
  return spec;
}

/// Widths whose last panel holds one to four columns, and those that fill theirs.
inline study::NetworkSpec widths(const std::vector<std::int64_t>& first,
                                 const std::vector<std::int64_t>& second) {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[0].hidden = first;
  spec.modalities[1].hidden = second;
  return spec;
}

inline study::NetworkSpec four_and_one_latent() {
  study::NetworkSpec spec = make_network(4);
  spec.training.latent_dim = 1;
  return spec;
}

inline study::NetworkSpec one_is_not_learned() {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[1].alpha = 0;
  return spec;
}

inline study::NetworkSpec batches_of(std::int64_t batch) {
  study::NetworkSpec spec = make_network(2);
  spec.training.batch = batch;
  spec.training.latent_dim = 2;
  return spec;
}

inline std::vector<Case> network_cases() {
  return {Case{"two", {}, make_network(2)},
          Case{"gaps", {.has_gaps = true}, make_network(2)},
          Case{"partial", {.is_partial = true, .has_gaps = true}, make_network(2)},
          Case{"one", {.features = {23}}, make_network(1)},
          Case{"three", {.features = {37, 11, 6}, .is_partial = true}, make_network(3)},
          Case{"paper", {.cells = 400, .features = {1252, 68}, .has_gaps = true}, wide()},
          Case{"odd", {.features = {65, 7}, .has_gaps = true}, make_network(2)},
          Case{"broad", {.features = {530, 11}, .is_partial = true}, very_wide()},
          Case{"many_held_out", {.cells = 1800}, make_network(2)},
          Case{"uncoupled", {}, uncoupled()},
          Case{"plain", {}, plain_decoders()},
          Case{"encoders", {}, with_encoders(make_network(2))},
          Case{"encoders_partial",
               {.features = {37, 11, 6}, .is_partial = true, .has_gaps = true},
               with_encoders(make_network(3))},
          Case{"encoders_linear", {.is_partial = true}, with_encoders(no_hidden())},
          Case{"encoders_uncoupled", {}, with_encoders(uncoupled())},
          Case{"unscaled", {}, with_scale(study::CouplingScale::none)},
          Case{"dimension", {}, with_scale(study::CouplingScale::per_dimension)},
          Case{"norm", {}, with_scale(study::CouplingScale::norm)},
          Case{"linear", {}, no_hidden()},
          Case{"latents", {.features = {37, 11, 6}}, many_latents()},
          Case{"few", {.features = {37, 11, 6}, .is_partial = true}, tiny_batches()},
          Case{"thin", {.features = {33, 20}}, widths({17, 18, 19, 20}, {33, 34, 35, 36})},
          Case{"full", {.features = {48, 16}, .has_gaps = true}, widths({16, 32, 64}, {64, 32})},
          Case{"four", {.features = {37, 11, 6, 18}, .is_partial = true}, four_and_one_latent()},
          Case{"one_alpha", {.has_gaps = true}, one_is_not_learned()},
          Case{"four_cells", {}, batches_of(4)},
          Case{"large_batch", {}, batches_of(300)}};
}

/// A case, made.
class NetworkCase : public testing::TestWithParam<Case> {
protected:
  NetworkCase()
      : data_(make_cohort(GetParam().shape)),
        split_(make_split(GetParam().shape.cells)),
        subject_{GetParam().spec, data_, split_, make_key(5, "fused")},
        layout_(model::make_layout(GetParam().spec, study::feature_counts(GetParam().spec, data_))) {}

  study::StudyData data_;
  data::Split split_;
  engine::Subject subject_;
  model::Layout layout_;
};

}  // namespace cplae
