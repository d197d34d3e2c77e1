#include "rates.hpp"

namespace cplae::test {
namespace {

TEST(GroupRates, StepsAreOfTheSizeThatTheStudySays) {
  for (const double weight_decay : {0.0, 0.5})
    expect_rates([](const engine::Subject& subject) { return make_tested({subject}); }, weight_decay);
}

TEST(GroupRates, NetworksOfAGroupMayDifferInThem) {
  const study::StudyData data = make_data({});
  const data::Split split = make_split(90, 5, 0);
  study::NetworkSpec plain = make_spec(2);
  study::NetworkSpec decaying = plain;
  decaying.training.weight_decay = 0.5;
  decaying.training.warm_up = 7;
  const engine::Subject one{plain, data, split, make_key(6, "one")};
  const engine::Subject other{decaying, data, split, make_key(6, "other")};
  const auto together = make_tested({one, other});
  const auto alone = make_tested({other});
  together->advance(0, 5);
  alone->advance(0, 5);
  EXPECT_EQ(together->save(1).weights.parameters, alone->save(0).weights.parameters);
}

}  // namespace
}  // namespace cplae::test
