// The fused engine against the reference: same draws, same losses, same gradients.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cohort.hpp"
#include "cplae/engine/engine.hpp"
#include "engine/features.hpp"
#include "engine/fused/fused_engine.hpp"
#include "kernels_sixteen.hpp"

namespace cplae {
namespace {

using engine::Engine;

struct Case {
  std::string name;
  CohortShape shape;
  study::NetworkSpec spec;
};

void PrintTo(const Case& which, std::ostream* out) {
  *out << which.name;
}

/// A point away from the start, so that biases, moving statistics and batch norm matter.
engine::State random_state(const study::NetworkSpec& spec, const study::StudyData& data) {
  engine::State state = engine::initial_state(
      {spec, data, data::Split(data.modalities.front().present.size()), make_key(3, "weights")});
  const RandomStream stream(make_key(4, "biases"), {.purpose = Purpose::simulation});
  const auto layout = model::make_layout(spec, engine::feature_counts(data));
  for (const auto& slot : layout.parameters)
    if (slot.rows == 1)
      for (std::size_t i = slot.offset; i < slot.offset + static_cast<std::size_t>(slot.columns); ++i)
        state.weights.parameters[i] += 0.3F * (stream.uniform(i) - 0.3F);
  return state;
}

/// How much the tensors of the one differ from those of the other, relative to the largest entry of the
/// layer: batch norm makes the gradient of the bias before it nothing but rounding.
void expect_close(const model::Layout& layout, const std::vector<float>& a, const std::vector<float>& b,
                  double tolerance) {
  // Of two cells, batch norm makes 1 and -1 whatever they are: again nothing but rounding, of the whole
  // network's size.
  double overall = 0;
  for (const float value : b)
    overall = std::max(overall, std::abs(static_cast<double>(value)));
  double largest = 0;
  for (const auto& slot : layout.parameters) {
    if (slot.name.ends_with("/weight")) largest = 0;
    double worst = 0;
    for (std::size_t i = slot.offset; i < slot.offset + static_cast<std::size_t>(slot.rows * slot.columns);
         ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(b[i])));
      worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    }
    EXPECT_LE(worst, tolerance * largest + 1e-7 * overall) << slot.name;
  }
}

void expect_terms(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t t = 0; t < a.size(); ++t)
    EXPECT_NEAR(a[t], b[t], tolerance * std::abs(b[t]) + 1e-12) << "term " << t;
}

class Fused : public testing::TestWithParam<Case> {
protected:
  Fused()
      : data_(make_cohort(GetParam().shape)),
        split_(make_split(GetParam().shape.cells)),
        subject_{GetParam().spec, data_, split_, make_key(5, "fused")},
        layout_(model::make_layout(GetParam().spec, engine::feature_counts(data_))) {}

  std::unique_ptr<Engine> reference() { return engine::make_engine(engine::Kind::reference, {subject_}, {}); }

  study::StudyData data_;
  data::Split split_;
  engine::Subject subject_;
  model::Layout layout_;
};

// After one step from zero moments Adam's first moment is 0.1 times the gradient. Both engines sum a few
// hundred float products, in other orders: relative errors of a few times sqrt(n) 6e-8, up to some 1e-6 of
// the largest entry.
TEST_P(Fused, LossAndGradientAreThoseOfTheReference) {
  const auto state = random_state(subject_.spec, data_);
  for (const std::int64_t step : {1, 17, 3'000'000}) {
    const auto one = reference();
    const auto other = engine::make_fused_engine(subject_);
    for (Engine* engine : {one.get(), other.get()}) {
      engine->load(0, state);
      engine->advance(step - 1, step);
    }
    const auto expected = one->save(0);
    const auto found = other->save(0);
    expect_close(layout_, found.first_moment, expected.first_moment, 1e-5);
    expect_terms(found.term_sums, expected.term_sums, 2e-6);
    for (std::size_t i = 0; i < found.weights.moving.size(); ++i)
      EXPECT_NEAR(found.weights.moving[i], expected.weights.moving[i],
                  1e-5 * (1 + std::abs(expected.weights.moving[i])));
  }
}

TEST_P(Fused, ValidationAndLatentsAreThoseOfTheReference) {
  const auto state = random_state(subject_.spec, data_);
  const auto one = reference();
  const auto other = engine::make_fused_engine(subject_);
  one->load(0, state);
  one->advance(0, 5);
  other->load(0, one->save(0));
  expect_terms(other->validate().front(), one->validate().front(), 2e-6);
  const auto weights = one->weights(0);
  const auto expected = one->latents(0, weights);
  const auto found = other->latents(0, weights);
  for (std::size_t m = 0; m < expected.size(); ++m)
    for (Eigen::Index i = 0; i < expected[m].size(); ++i) {
      const float a = found[m].data()[i];
      const float b = expected[m].data()[i];
      ASSERT_EQ(std::isnan(a), std::isnan(b));
      if (!std::isnan(b)) {
        EXPECT_NEAR(a, b, 2e-5 * (1 + std::abs(b)));
      }
    }
}

TEST_P(Fused, OtherInstructionsMeetTheSameNumbers) {
  const auto state = random_state(subject_.spec, data_);
  const auto step = [&](const engine::fused::Kernels& kernels) {
    const auto engine = engine::make_fused_engine(subject_, kernels);
    engine->load(0, state);
    engine->advance(0, 1);
    return engine->save(0);
  };
  const auto best = step(engine::fused::best_kernels());
  for (const auto* kernels : {&engine::fused::kernels_baseline(), &engine::fused::kernels_sixteen()}) {
    SCOPED_TRACE(kernels->instructions);
    const auto other = step(*kernels);
    expect_close(layout_, best.first_moment, other.first_moment, 1e-5);
    expect_terms(best.term_sums, other.term_sums, 2e-6);
  }
}

// A relu that took what is no number for 0 would hide it from the loss, and the network would never be
// frozen.
TEST_P(Fused, ANumberThatIsNoneReachesTheLoss) {
  auto state = random_state(subject_.spec, data_);
  state.weights.parameters[layout_.slot("encoder_M0/fc0/weight").offset] =
      std::numeric_limits<float>::quiet_NaN();
  const auto engine = engine::make_fused_engine(subject_);
  engine->load(0, state);
  engine->advance(0, 3);
  EXPECT_TRUE(std::isnan(engine->take_term_sums().front().front()));
  EXPECT_TRUE(std::isnan(engine->validate().front().front()));
}

TEST_P(Fused, StepsInOneCallOrManyAndFromASavedStateAreTheSameBits) {
  const auto whole = engine::make_fused_engine(subject_);
  whole->advance(0, 12);
  const auto cut = engine::make_fused_engine(subject_);
  cut->advance(0, 5);
  static_cast<void>(cut->validate());
  static_cast<void>(cut->latents(0, cut->weights(0)));
  const auto rest = engine::make_fused_engine(subject_);
  rest->load(0, cut->save(0));
  rest->advance(5, 7);
  rest->advance(7, 12);
  const auto a = whole->save(0);
  const auto b = rest->save(0);
  EXPECT_EQ(a.weights.parameters, b.weights.parameters);
  EXPECT_EQ(a.weights.moving, b.weights.moving);
  EXPECT_EQ(a.first_moment, b.first_moment);
  EXPECT_EQ(a.second_moment, b.second_moment);
  EXPECT_EQ(a.term_sums, b.term_sums);
}

study::NetworkSpec with_scale(study::CouplingScale scale) {
  study::NetworkSpec spec = make_network(2);
  spec.coupling.scale = scale;
  spec.coupling.lambda = 0.4;
  return spec;
}

study::NetworkSpec uncoupled() {
  study::NetworkSpec spec = make_network(2);
  spec.coupling.lambda = 0;
  return spec;
}

study::NetworkSpec plain_decoders() {
  study::NetworkSpec spec = make_network(2);
  spec.coupling.augment_decoders = false;
  return spec;
}

study::NetworkSpec with_encoders(study::NetworkSpec spec) {
  spec.coupling.augment_encoders = true;
  return spec;
}

study::NetworkSpec no_hidden() {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[0].hidden.clear();
  spec.modalities[0].decoder_dropout = 0.3;
  spec.modalities[1].hidden.clear();
  return spec;
}

study::NetworkSpec wide() {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[0].hidden = {50, 50, 50, 50};
  spec.modalities[1].hidden = {40, 40, 40, 40};
  spec.training.batch = 200;
  return spec;
}

study::NetworkSpec very_wide() {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[0].hidden = {300, 20};
  return spec;
}

study::NetworkSpec many_latents() {
  study::NetworkSpec spec = make_network(3);
  spec.training.latent_dim = 18;
  return spec;
}

study::NetworkSpec tiny_batches() {
  study::NetworkSpec spec = make_network(3);
  spec.training.batch = 5;
  spec.training.latent_dim = 2;
  return spec;
}

/// Widths whose last panel holds one to four columns, and those that fill theirs.
study::NetworkSpec widths(const std::vector<std::int64_t>& first, const std::vector<std::int64_t>& second) {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[0].hidden = first;
  spec.modalities[1].hidden = second;
  return spec;
}

study::NetworkSpec four_and_one_latent() {
  study::NetworkSpec spec = make_network(4);
  spec.training.latent_dim = 1;
  return spec;
}

study::NetworkSpec one_is_not_learned() {
  study::NetworkSpec spec = make_network(2);
  spec.modalities[1].alpha = 0;
  return spec;
}

study::NetworkSpec batches_of(std::int64_t batch) {
  study::NetworkSpec spec = make_network(2);
  spec.training.batch = batch;
  spec.training.latent_dim = 2;
  return spec;
}

INSTANTIATE_TEST_SUITE_P(
    Networks, Fused,
    testing::Values(Case{"two", {}, make_network(2)}, Case{"gaps", {.has_gaps = true}, make_network(2)},
                    Case{"partial", {.is_partial = true, .has_gaps = true}, make_network(2)},
                    Case{"one", {.features = {23}}, make_network(1)},
                    Case{"three", {.features = {37, 11, 6}, .is_partial = true}, make_network(3)},
                    Case{"paper", {.cells = 400, .features = {1252, 68}, .has_gaps = true}, wide()},
                    Case{"odd", {.features = {65, 7}, .has_gaps = true}, make_network(2)},
                    Case{"broad", {.features = {530, 11}, .is_partial = true}, very_wide()},
                    Case{"many_held_out", {.cells = 1800}, make_network(2)},
                    Case{"uncoupled", {}, uncoupled()}, Case{"plain", {}, plain_decoders()},
                    Case{"encoders", {}, with_encoders(make_network(2))},
                    Case{"encoders_partial",
                         {.features = {37, 11, 6}, .is_partial = true, .has_gaps = true},
                         with_encoders(make_network(3))},
                    Case{"encoders_linear", {.is_partial = true}, with_encoders(no_hidden())},
                    Case{"encoders_uncoupled", {}, with_encoders(uncoupled())},
                    Case{"unscaled", {}, with_scale(study::CouplingScale::none)},
                    Case{"dimension", {}, with_scale(study::CouplingScale::per_dimension)},
                    Case{"norm", {}, with_scale(study::CouplingScale::norm)}, Case{"linear", {}, no_hidden()},
                    Case{"latents", {.features = {37, 11, 6}}, many_latents()},
                    Case{"few", {.features = {37, 11, 6}, .is_partial = true}, tiny_batches()},
                    Case{"thin", {.features = {33, 20}}, widths({17, 18, 19, 20}, {33, 34, 35, 36})},
                    Case{"full", {.features = {48, 16}, .has_gaps = true}, widths({16, 32, 64}, {64, 32})},
                    Case{"four", {.features = {37, 11, 6, 18}, .is_partial = true}, four_and_one_latent()},
                    Case{"one_alpha", {.has_gaps = true}, one_is_not_learned()},
                    Case{"four_cells", {}, batches_of(4)}, Case{"large_batch", {}, batches_of(300)}),
    [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace cplae
