// One step of a group engine against the reference: gradients (Adam's first moment is 0.1 of them after one
// step from zero), weights, terms; then validation and latents.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "group_fixture.hpp"

namespace cplae {
namespace {

struct Case {
  std::string name;
  std::size_t modalities = 2;
  bool partial = false;
  bool missing = false;
  study::CouplingScale scale = study::CouplingScale::min_singular_value;
  double lambda = 1.0;
  bool augment = true;
  bool encoders_too = false;
  std::int64_t latent = 3;
  std::int64_t batch = 70;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class GroupStep : public testing::TestWithParam<Case> {
protected:
  GroupStep() {
    const Case& c = GetParam();
    const std::vector<Eigen::Index> features{75, 7, 9, 5};
    shape_.features.assign(features.begin(), features.begin() + static_cast<std::ptrdiff_t>(c.modalities));
    shape_.partial = c.partial;
    shape_.missing = c.missing;
    data_ = test::make_data(shape_);
    spec_ = test::make_spec(c.modalities);
    spec_.coupling = {.lambda = c.lambda,
                      .scale = c.scale,
                      .augment_decoders = c.augment,
                      .augment_encoders = c.encoders_too};
    spec_.training.latent_dim = c.latent;
    spec_.training.batch = c.batch;
    reference_ = engine::make_engine(engine::Kind::reference, {subject_}, {});
    tested_ = test::make_tested({subject_});
    const engine::State state = test::moved_state(subject_);
    reference_->load(0, state);
    tested_->load(0, state);
    std::vector<std::int64_t> counts(shape_.features.begin(), shape_.features.end());
    layout_ = model::make_layout(spec_, counts);
  }

  test::Shape shape_;
  study::StudyData data_;
  study::NetworkSpec spec_;
  data::Split split_ = test::make_split(90, 5, 1);
  engine::Subject subject_{spec_, data_, split_, make_key(3, "gradients")};
  std::unique_ptr<engine::Engine> reference_;
  std::unique_ptr<engine::Engine> tested_;
  model::Layout layout_;
};

float largest(const std::vector<float>& values, const model::TensorSlot& slot) {
  float most = 0;
  for (std::int64_t i = 0; i < slot.rows * slot.columns; ++i)
    most = std::max(most, std::abs(values[slot.offset + static_cast<std::size_t>(i)]));
  return most;
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b,
                         const model::TensorSlot& slot) {
  float most = 0;
  for (std::int64_t i = 0; i < slot.rows * slot.columns; ++i) {
    const std::size_t at = slot.offset + static_cast<std::size_t>(i);
    most = std::max(most, std::abs(a[at] - b[at]));
    EXPECT_TRUE(std::isfinite(a[at])) << slot.name;
  }
  return most;
}

// Sums of some 100 float32 products in two orders differ by about sqrt(100) 6e-8 = 6e-7 of their size, a few
// layers deep a few times that; 1e-5 of a tensor's largest entry. A bias before batch norm has gradient zero
// but for rounding, so a bias is measured by its layer.
constexpr float gradient_tolerance = 1e-5F;
/// One cell of a batch on the other side of a relu.
constexpr float most_at_a_kink = 0.1F;

/// Tensors whose gradient is another one than the reference's, from a point and draws of this key.
std::vector<std::string> differing(const engine::Subject& subject, const model::Layout& layout) {
  const auto reference = engine::make_engine(engine::Kind::reference, {subject}, {});
  const auto tested = test::make_tested({subject});
  for (auto* engine : {reference.get(), tested.get()}) {
    engine->load(0, test::moved_state(subject));
    engine->advance(0, 1);
  }
  const engine::State truth = reference->save(0);
  const engine::State found = tested->save(0);
  std::vector<std::string> names;
  float of_layer = 0;
  for (const auto& slot : layout.parameters) {
    const float own = largest(truth.first_moment, slot);
    of_layer = slot.name.ends_with("/weight") ? own : std::max(own, of_layer);
    EXPECT_GT(of_layer, 0) << slot.name;
    const float difference = largest_difference(found.first_moment, truth.first_moment, slot);
    EXPECT_LE(difference, most_at_a_kink * of_layer) << slot.name;
    if (difference > gradient_tolerance * of_layer) names.push_back(slot.name);
  }
  return names;
}

// Where a relu's input is zero but for rounding, either gradient is right, and which one it is changes with
// the processor. Such points are rare: at most one of three may be one.
TEST_P(GroupStep, GradientsAreTheReferences) {
  std::string told;
  int points_that_differ = 0;
  for (const std::uint64_t seed : {3U, 4U, 5U}) {
    const auto names = differing({spec_, data_, split_, make_key(seed, "gradients")}, layout_);
    points_that_differ += names.empty() ? 0 : 1;
    for (const auto& name : names)
      told += " " + std::to_string(seed) + ":" + name;
  }
  EXPECT_LE(points_that_differ, 1) << told;
}

TEST_P(GroupStep, TermsAndMovingStatisticsAreTheReferences) {
  reference_->advance(6, 7);
  tested_->advance(6, 7);
  const auto truth = reference_->save(0);
  const auto found = tested_->save(0);
  for (std::size_t i = 0; i < truth.term_sums.size(); ++i)
    EXPECT_NEAR(found.term_sums[i], truth.term_sums[i], 2e-5 * std::abs(truth.term_sums[i])) << i;
  for (const auto& slot : layout_.moving)
    EXPECT_LE(largest_difference(found.weights.moving, truth.weights.moving, slot),
              1e-5F * std::max(1.0F, largest(truth.weights.moving, slot)))
        << slot.name;
  EXPECT_EQ(tested_->take_term_sums().front(), found.term_sums);
  EXPECT_EQ(tested_->take_term_sums().front(), std::vector<double>(truth.term_sums.size(), 0.0));
}

TEST_P(GroupStep, ValidationAndLatentsAreTheReferences) {
  reference_->advance(0, 3);
  const engine::State state = reference_->save(0);
  tested_->load(0, state);
  const auto truth = reference_->validate();
  const auto found = tested_->validate();
  for (std::size_t i = 0; i < truth[0].size(); ++i)
    EXPECT_NEAR(found[0][i], truth[0][i], 1e-5 * std::abs(truth[0][i])) << i;
  const auto true_latents = reference_->latents(0, state.weights);
  const auto latents = tested_->latents(0, state.weights);
  for (std::size_t m = 0; m < latents.size(); ++m)
    for (Eigen::Index i = 0; i < latents[m].size(); ++i) {
      const float value = true_latents[m].data()[i];
      if (std::isnan(value))
        EXPECT_TRUE(std::isnan(latents[m].data()[i])) << m << " " << i;
      else
        EXPECT_NEAR(latents[m].data()[i], value, 1e-5F * std::max(1.0F, std::abs(value))) << m << " " << i;
    }
}

/// Operands of 10 bits: 2^-11 of each product, averaged over many, a few layers deep. Not exact either: else
/// it would not have been used.
TEST_P(GroupStep, TensorCoresRoundOperands) {
  study::NetworkSpec rounded = spec_;
  rounded.training.precision = study::Precision::tf32;
  const engine::Subject subject{rounded, data_, split_, subject_.key};
  auto tested = test::make_tested({subject});
  tested->load(0, test::moved_state(subject));
  tested->advance(0, 1);
  tested_->advance(0, 1);
  const auto exact = tested_->save(0).first_moment;
  const auto found = tested->save(0).first_moment;
  float worst = 0;
  for (const auto& slot : layout_.parameters)
    if (slot.name.ends_with("/weight"))
      worst = std::max(worst, largest_difference(found, exact, slot) / largest(exact, slot));
  EXPECT_LT(worst, 0.1F);
  const bool has_large_layer = spec_.modalities.size() > 2;  // between 16 units or more on either side
  EXPECT_EQ(worst > 0, has_large_layer);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, GroupStep,
    testing::Values(
        Case{.name = "one", .modalities = 1}, Case{.name = "two"},
        Case{.name = "two_partial", .partial = true}, Case{.name = "two_missing", .missing = true},
        Case{.name = "three", .modalities = 3},
        Case{.name = "three_partial_missing", .modalities = 3, .partial = true, .missing = true},
        Case{.name = "four_partial", .modalities = 4, .partial = true},
        Case{.name = "no_scale", .partial = true, .scale = study::CouplingScale::none},
        Case{.name = "per_dimension", .partial = true, .scale = study::CouplingScale::per_dimension},
        Case{.name = "norm", .modalities = 3, .partial = true, .scale = study::CouplingScale::norm},
        Case{.name = "uncoupled", .lambda = 0},
        Case{.name = "not_augmented", .partial = true, .lambda = 3, .augment = false},
        Case{.name = "encoders_too", .encoders_too = true},
        Case{.name = "encoders_too_three",
             .modalities = 3,
             .partial = true,
             .missing = true,
             .encoders_too = true},
        Case{.name = "encoders_too_uncoupled", .lambda = 0, .encoders_too = true},
        Case{.name = "one_dimension", .latent = 1}, Case{.name = "ten_dimensions", .latent = 10},
        Case{.name = "few_rows", .modalities = 3, .partial = true, .batch = 5}),
    [](const auto& at) { return at.param.name; });

}  // namespace
}  // namespace cplae
