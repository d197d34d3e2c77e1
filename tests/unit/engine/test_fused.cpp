// The fused engine against the reference: same draws, same losses, same gradients.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "engine/fused/fused_engine.hpp"
#include "kernels_sixteen.hpp"
#include "network_cases.hpp"

namespace cplae {
namespace {

using engine::Engine;

/// Tensors of the one that differ from those of the other by more than a share of the largest entry of the
/// layer: batch norm makes the gradient of the bias before it nothing but rounding.
std::string differing(const model::Layout& layout, const std::vector<float>& a, const std::vector<float>& b,
                      double tolerance) {
  // Of two cells, batch norm makes 1 and -1 whatever they are: again nothing but rounding, of the whole
  // network's size.
  double overall = 0;
  for (const float value : b)
    overall = std::max(overall, std::abs(static_cast<double>(value)));
  double largest = 0;
  std::string names;
  for (const auto& slot : layout.parameters) {
    if (slot.name.ends_with("/weight")) largest = 0;
    double worst = 0;
    for (std::size_t i = slot.offset; i < slot.offset + static_cast<std::size_t>(slot.rows * slot.columns);
         ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(b[i])));
      worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
      EXPECT_TRUE(std::isfinite(a[i])) << slot.name;
    }
    // One cell of a batch on the other side of a relu is no more.
    EXPECT_LE(worst, 0.1 * largest + 1e-7 * overall) << slot.name;
    if (worst > tolerance * largest + 1e-7 * overall) names += " " + slot.name;
  }
  return names;
}

void expect_terms(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t t = 0; t < a.size(); ++t)
    EXPECT_NEAR(a[t], b[t], tolerance * std::abs(b[t]) + 1e-12) << "term " << t;
}

class Fused : public NetworkCase {
protected:
  std::unique_ptr<Engine> reference() { return engine::make_engine(engine::Kind::reference, {subject_}, {}); }
};

// After one step from zero moments Adam's first moment is 0.1 times the gradient. Both engines sum a few
// hundred float products, in other orders: relative errors of a few times sqrt(n) 6e-8, up to some 1e-6 of
// the largest entry. Where a relu's input is zero but for rounding, either gradient is right, and which one
// torch's is changes with the processor: at most one of three steps may be such a point.
TEST_P(Fused, LossAndGradientAreThoseOfTheReference) {
  const auto state = random_state(subject_.spec, data_);
  int steps_that_differ = 0;
  std::string told;
  for (const std::int64_t step : {1, 17, 3'000'000}) {
    const auto one = reference();
    const auto other = engine::make_fused_engine(subject_);
    for (Engine* engine : {one.get(), other.get()}) {
      engine->load(0, state);
      engine->advance(step - 1, step);
    }
    const auto expected = one->save(0);
    const auto found = other->save(0);
    const auto names = differing(layout_, found.first_moment, expected.first_moment, 1e-5);
    steps_that_differ += names.empty() ? 0 : 1;
    told += names;
    expect_terms(found.term_sums, expected.term_sums, 2e-6);
    for (std::size_t i = 0; i < found.weights.moving.size(); ++i)
      EXPECT_NEAR(found.weights.moving[i], expected.weights.moving[i],
                  1e-5 * (1 + std::abs(expected.weights.moving[i])));
  }
  EXPECT_LE(steps_that_differ, 1) << told;
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
    EXPECT_EQ(differing(layout_, best.first_moment, other.first_moment, 1e-5), "");
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

INSTANTIATE_TEST_SUITE_P(Networks, Fused, testing::ValuesIn(network_cases()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace cplae
