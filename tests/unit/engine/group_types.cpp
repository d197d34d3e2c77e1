// A network that is taught types has them from another place than its other modalities; every engine must
// make of them what it makes of a modality like any other.
#include <gtest/gtest.h>

#include <functional>

#include "group_fixture.hpp"

namespace cplae::test {
namespace {

using Maker = std::function<std::unique_ptr<engine::Engine>(const engine::Subject&)>;

std::unique_ptr<engine::Engine> make_group(const engine::Subject& subject) {
  return make_tested({subject});
}

std::unique_ptr<engine::Engine> make_fused(const engine::Subject& subject) {
  return engine::make_engine(engine::Kind::fused, {subject}, {});
}

std::unique_ptr<engine::Engine> make_reference(const engine::Subject& subject) {
  return engine::make_engine(engine::Kind::reference, {subject}, {});
}

void expect_same(engine::Engine& a, engine::Engine& b) {
  for (engine::Engine* engine : {&a, &b})
    engine->advance(0, 5);
  const auto one = a.save(0);
  const auto other = b.save(0);
  EXPECT_EQ(one.weights.parameters, other.weights.parameters);
  EXPECT_EQ(one.weights.moving, other.weights.moving);
  EXPECT_EQ(one.term_sums, other.term_sums);
  EXPECT_EQ(a.validate(), b.validate());
  const auto latents = a.latents(0, one.weights);
  const auto others = b.latents(0, one.weights);
  ASSERT_EQ(latents.size(), others.size());
  for (std::size_t m = 0; m < latents.size(); ++m)
    EXPECT_TRUE(
        (latents[m].array() == others[m].array() || (latents[m].array().isNaN() && others[m].array().isNaN()))
            .all())
        << m;
}

class Types : public testing::TestWithParam<Maker> {
protected:
  study::StudyData all_ = make_data({.features = {12, 7, 5}, .partial = true, .missing = true});
  data::Split split_ = make_split(90, 5, 0);
};

TEST_P(Types, TheLastModalityMayBeTheTypes) {
  study::StudyData apart = all_;
  apart.types = apart.modalities.back();
  apart.modalities.pop_back();
  study::NetworkSpec spec = make_spec(3);
  spec.modalities.back().output_bias = study::OutputBias::mean;
  const NetworkKey key = make_key(8, "types");
  const auto one = GetParam()({spec, all_, split_, key});
  const auto other = GetParam()({spec, apart, split_, key});
  expect_same(*one, *other);
}

TEST_P(Types, NetworksThatAreNotTaughtThemDoNotSeeThem) {
  study::StudyData without = all_;
  without.modalities.pop_back();
  study::StudyData with = without;
  with.types = all_.modalities.back();
  const study::NetworkSpec spec = make_spec(2);
  const NetworkKey key = make_key(8, "no types");
  const auto one = GetParam()({spec, without, split_, key});
  const auto other = GetParam()({spec, with, split_, key});
  expect_same(*one, *other);
}

std::string engine_name(const testing::TestParamInfo<Maker>& which) {
  const std::vector<std::string> names{"group", "fused", "reference"};
  return names[which.index];
}

INSTANTIATE_TEST_SUITE_P(Engines, Types, testing::Values(make_group, make_fused, make_reference),
                         engine_name);

}  // namespace
}  // namespace cplae::test
