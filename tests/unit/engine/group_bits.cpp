// What a network becomes depends on its subject alone: not on its companions, on how steps are cut into
// calls, on a stop and resume, nor on the order in which threads run. Equal means equal bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>

#include "cplae/core/error.hpp"
#include "engine/cuda/philox.hpp"
#include "engine/cuda/plan.hpp"
#include "group_fixture.hpp"

namespace cplae {
namespace {

/// Networks that differ in all that companions may differ in.
class GroupBits : public testing::Test {
protected:
  GroupBits() {
    shape_.features = {40, 7, 9};
    shape_.partial = true;
    data_ = test::make_data(shape_);
    for (std::size_t n = 0; n < 5; ++n) {
      study::NetworkSpec spec = test::make_spec(3);
      spec.coupling.lambda = n == 3 ? 0.0 : 0.5 + static_cast<double>(n);
      spec.coupling.scale = static_cast<study::CouplingScale>(n % 4);
      spec.modalities[1].alpha = 0.3 * static_cast<double>(n + 1);
      spec.modalities[0].dropout = n == 2 ? 0.0 : 0.3;
      spec.modalities[0].noise_sd = n == 1 ? 0.2 : 0.0;
      spec.training.learning_rate = 1e-3 * static_cast<double>(n + 1);
      specs_.push_back(spec);
      splits_.push_back(test::make_split(shape_.cells, 5, n));
    }
  }

  engine::Subject subject(std::size_t n) const {
    return {specs_[n], data_, splits_[n], make_key(7, "bits " + std::to_string(n))};
  }
  std::unique_ptr<engine::Engine> group(const std::vector<std::size_t>& members,
                                        const test::Making& making = {}) const {
    std::vector<engine::Subject> subjects;
    for (const std::size_t n : members)
      subjects.push_back(subject(n));
    return test::make_tested(subjects, making);
  }

  test::Shape shape_;
  study::StudyData data_;
  std::deque<study::NetworkSpec> specs_;
  std::deque<data::Split> splits_;
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

void expect_same(const engine::State& a, const engine::State& b) {
  EXPECT_TRUE(same_bits(a.weights.parameters, b.weights.parameters));
  EXPECT_TRUE(same_bits(a.weights.moving, b.weights.moving));
  EXPECT_TRUE(same_bits(a.first_moment, b.first_moment));
  EXPECT_TRUE(same_bits(a.second_moment, b.second_moment));
  EXPECT_TRUE(same_bits(a.term_sums, b.term_sums));
}

TEST_F(GroupBits, SameForEveryGrouping) {
  std::vector<engine::State> alone;
  std::vector<std::vector<double>> judged;
  for (std::size_t n = 0; n < 5; ++n) {
    auto engine = group({n});
    engine->advance(0, 4);
    alone.push_back(engine->save(0));
    judged.push_back(engine->validate().front());
    EXPECT_TRUE(std::all_of(alone[n].weights.parameters.begin(), alone[n].weights.parameters.end(),
                            [](float w) { return std::isfinite(w); }));
  }
  EXPECT_FALSE(same_bits(alone[0].weights.parameters, alone[4].weights.parameters));
  for (const auto& members : std::vector<std::vector<std::size_t>>{{1, 3}, {4, 0, 2}, {2, 4, 1, 0, 3}}) {
    auto engine = group(members);
    ASSERT_EQ(engine->networks(), members.size());
    engine->advance(0, 4);
    const auto terms = engine->validate();
    for (std::size_t i = 0; i < members.size(); ++i) {
      expect_same(engine->save(i), alone[members[i]]);
      EXPECT_TRUE(same_bits(terms[i], judged[members[i]]));
    }
  }
}

TEST_F(GroupBits, SameHoweverStepsAreCutIntoCalls) {
  auto whole = group({0, 1});
  auto cut = group({0, 1});
  whole->advance(0, 10);
  for (std::int64_t step = 0; step < 10; ++step) {
    cut->advance(step, step + 1);
    // Looking must not change anything.
    static_cast<void>(cut->validate());
    static_cast<void>(cut->latents(1, cut->weights(0)));
  }
  for (std::size_t n = 0; n < 2; ++n)
    expect_same(whole->save(n), cut->save(n));
}

TEST_F(GroupBits, SameAfterStopAndResumeInAnotherGroup) {
  auto whole = group({0, 1, 2});
  whole->advance(0, 3);
  auto resumed = group({2, 0});
  resumed->load(0, whole->save(2));
  resumed->load(1, whole->save(0));
  whole->advance(3, 6);
  resumed->advance(3, 6);
  expect_same(resumed->save(0), whole->save(2));
  expect_same(resumed->save(1), whole->save(0));
}

TEST_F(GroupBits, SameWhicheverThreadIsFirst) {
  auto forwards = group({0, 3});
  auto backwards = group({0, 3}, {.backwards = true});
  forwards->advance(0, 3);
  backwards->advance(0, 3);
  for (std::size_t n = 0; n < 2; ++n)
    expect_same(forwards->save(n), backwards->save(n));
  EXPECT_TRUE(same_bits(forwards->validate()[1], backwards->validate()[1]));
}

/// Chains of layers up to a tile wide, broken by wider ones; rows that end within a tile.
TEST(Chains, LeaveTheBitsOfSingleProducts) {
  const test::Shape shape{.features = {130, 68, 9}, .partial = true, .missing = true};
  const study::StudyData data = test::make_data(shape);
  const data::Split split = test::make_split(shape.cells, 5, 2);
  for (const auto precision : {study::Precision::fp32, study::Precision::tf32})
    for (const bool encoders_too : {false, true}) {
      study::NetworkSpec spec = test::make_spec(3);
      spec.modalities[0].hidden = {50, 50, 33};
      spec.modalities[1].hidden = {64, 1};
      spec.modalities[2].hidden = {40, 70, 65, 20, 17};
      spec.modalities[2].decoder_dropout = 0.3;
      spec.coupling.augment_encoders = encoders_too;
      spec.training.precision = precision;
      spec.training.batch = 85;
      const engine::Subject subject{spec, data, split, make_key(9, "chains")};
      for (const bool backwards : {false, true}) {
        const auto chains = test::make_tested({subject}, {.backwards = backwards});
        const auto singles = test::make_tested({subject}, {.chained = false});
        for (engine::Engine* engine : {chains.get(), singles.get()}) {
          engine->load(0, test::moved_state(subject));
          engine->advance(0, 3);
        }
        expect_same(chains->save(0), singles->save(0));
        EXPECT_TRUE(same_bits(chains->validate()[0], singles->validate()[0]));
        EXPECT_TRUE(std::isfinite(chains->validate()[0].front()));
      }
    }
}

TEST(Chains, AStepOfThePapersShapeIsTwelveLaunches) {
  namespace cuda = engine::cuda;
  study::NetworkSpec spec;
  spec.modalities = {{.name = "T", .hidden = {50, 50, 50, 50}}, {.name = "E", .hidden = {40, 40, 40, 40}}};
  const auto launches = [](const cuda::Plan& plan) {
    // draw, input, normalise, couple, normalise_back, weights, finish
    return 7 + plan.encode.size() + plan.decode.size() + plan.decode_back.size() + plan.encode_back.size();
  };
  EXPECT_EQ(launches(cuda::make_plan(spec, {1252, 68})), 12U);
  EXPECT_EQ(launches(cuda::make_plan(spec, {1252, 68}, false)), 26U);
  // One hidden layer that is too wide takes its modality through launches of its own, beside the others'.
  spec.modalities[0].hidden = {50, 65, 50};
  const cuda::Plan plan = cuda::make_plan(spec, {1252, 68});
  ASSERT_EQ(plan.encode.size(), 4U);
  EXPECT_EQ(plan.encode[0].kernel, cuda::Kernel::forward_chain);
  EXPECT_EQ(plan.encode[0].tiles, 4);  // 200 rows of the one that fits
  EXPECT_EQ(plan.encode[1].kernel, cuda::Kernel::forward);
  EXPECT_EQ(plan.encode[2].tiles, 8);  // 200 rows of 65 units
}

TEST_F(GroupBits, ANetworkThatIsNotFiniteStaysAlone) {
  auto alone = group({1});
  auto together = group({0, 1, 2});
  engine::State broken = together->save(0);
  broken.weights.parameters[0] = std::numeric_limits<float>::quiet_NaN();
  together->load(0, broken);
  alone->advance(0, 4);
  together->advance(0, 4);
  expect_same(together->save(1), alone->save(0));
  EXPECT_TRUE(same_bits(together->validate()[1], alone->validate()[0]));
  EXPECT_FALSE(std::isfinite(together->take_term_sums().front().front()));
  EXPECT_FALSE(std::isfinite(together->validate()[0].front()));
}

TEST_F(GroupBits, TermsAreTakenOnceWhetherOrNotAValidationCameBefore) {
  auto looked = group({0, 1});
  auto plain = group({0, 1});
  looked->advance(0, 3);
  plain->advance(0, 3);
  static_cast<void>(looked->validate());
  const auto taken = looked->take_term_sums();
  for (std::size_t n = 0; n < 2; ++n) {
    EXPECT_TRUE(same_bits(taken[n], plain->save(n).term_sums));
    EXPECT_NE(taken[n].front(), 0.0);
    EXPECT_EQ(looked->take_term_sums()[n], std::vector<double>(taken[n].size(), 0.0));
  }
  // What was loaded counts, not what was looked at before.
  static_cast<void>(looked->validate());
  looked->load(1, plain->save(1));
  EXPECT_TRUE(same_bits(looked->take_term_sums()[1], taken[1]));
}

TEST_F(GroupBits, KeptWeightsAreThoseOfTheMomentUntilOthersAreKept) {
  auto engine = group({2, 0, 1});
  engine->advance(0, 2);
  engine->keep(1);
  const model::Weights at_two = engine->weights(1);
  engine->advance(2, 4);
  engine->keep(0);
  const model::Weights at_four = engine->weights(0);
  engine->advance(4, 5);
  EXPECT_TRUE(same_bits(engine->kept(1).parameters, at_two.parameters));
  EXPECT_TRUE(same_bits(engine->kept(1).moving, at_two.moving));
  EXPECT_TRUE(same_bits(engine->kept(0).parameters, at_four.parameters));
  EXPECT_FALSE(same_bits(engine->kept(0).parameters, engine->weights(0).parameters));
  engine->keep(1);
  EXPECT_TRUE(same_bits(engine->kept(1).parameters, engine->weights(1).parameters));
}

TEST_F(GroupBits, DifferentShapesAreRefused) {
  specs_[1].training.latent_dim = 2;
  EXPECT_THROW(static_cast<void>(group({0, 1})), Error);
}

TEST(Precision, Tf32IsRefusedWhereNothingWouldHeedIt) {
  study::NetworkSpec spec = test::make_spec(1);
  spec.training.precision = study::Precision::tf32;
  EXPECT_THROW(static_cast<void>(engine::choose_kind(spec, {})), UsageError);
  spec.training.trainer = study::Trainer::reference;
  EXPECT_THROW(static_cast<void>(engine::choose_kind(spec, {model::DeviceKind::cuda, 0})), UsageError);
}

TEST(DevicePhilox, DrawsWhatTheRandomStreamDraws) {
  namespace cuda = engine::cuda;
  const NetworkKey key = make_key(11, "device");
  const std::uint64_t step = 5'000'000'123;
  const RandomStream truth(key, {.purpose = Purpose::decoder_dropout, .index = 515, .step = step});
  const cuda::Stream stream(static_cast<std::uint64_t>(key), {cuda::purpose_decoder_dropout, 515, step});
  std::vector<float> normals(1000);
  truth.fill_normal(normals);
  for (std::int64_t i = 0; i < 1000; ++i) {
    const auto element = static_cast<std::uint64_t>(i);
    EXPECT_EQ(stream.half(i), (truth.bits(element / 2) >> (element % 2 * 16)) & 0xFFFFU);
    EXPECT_EQ(stream.below(1 + 997 * i, i),
              static_cast<std::int64_t>(truth.below(1 + 997 * element, element)));
    EXPECT_EQ(stream.normals(i / 2).value[i % 2], normals[element]);
  }
  EXPECT_EQ(cuda::purpose_batch, static_cast<std::uint32_t>(Purpose::batch));
  EXPECT_EQ(cuda::purpose_input_dropout, static_cast<std::uint32_t>(Purpose::input_dropout));
  EXPECT_EQ(cuda::purpose_input_noise, static_cast<std::uint32_t>(Purpose::input_noise));
  EXPECT_EQ(cuda::purpose_decoder_dropout, static_cast<std::uint32_t>(Purpose::decoder_dropout));
}

}  // namespace
}  // namespace cplae
