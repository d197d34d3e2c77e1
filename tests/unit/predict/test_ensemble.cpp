// What networks say together: votes, means, places among held-out cells.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "predict/decoded.hpp"
#include "predict/nearness.hpp"
#include "predict/votes.hpp"
#include "predict/within_folds.hpp"

namespace cplae::predict {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

/// Two classes of training cells around -centre and +centre, `first` and `second` by name.
stats::FittedClasses classes(const std::string& first, const std::string& second, double centre) {
  MatrixD cells(4, 1);
  cells << -centre - 1, -centre + 1, centre - 1, centre + 1;
  return {{first, second}, stats::Qda::fit(cells, {0, 0, 1, 1})};
}

TEST(VotesTest, MostNetworksDecide) {
  Votes votes({"leaf", {"a", "b", "", "c"}}, 2);
  MatrixD latents(2, 1);
  latents << -5, 5;
  votes.add(classes("a", "b", 5), latents);
  votes.add(classes("a", "c", 5), latents);
  votes.add(classes("b", "c", 5), latents);
  const PredictedTypes types = votes.result();
  EXPECT_EQ(types.networks, 3U);
  EXPECT_EQ(types.type, (std::vector<std::string>{"a", "c"}));
  for (const double agreement : types.agreement)
    EXPECT_DOUBLE_EQ(agreement, 2.0 / 3);
  // The third network does not know the class: its probability there is 0. The others are certain (the two
  // means are ten SDs apart).
  for (const double probability : types.probability)
    EXPECT_NEAR(probability, 2.0 / 3, 1e-12);
}

TEST(VotesTest, OfEquallyManyVotesTheLikelierClassWins) {
  Votes votes({"leaf", {"a", "b"}}, 1);
  MatrixD latents(1, 1);
  latents << -0.1;
  votes.add(classes("a", "b", 1), latents);  // a, hardly
  votes.add(classes("b", "a", 5), latents);  // b, surely
  EXPECT_EQ(votes.result().type, std::vector<std::string>{"b"});
  EXPECT_DOUBLE_EQ(votes.result().agreement.front(), 0.5);
}

TEST(VotesTest, WithoutNetworksThereIsNoType) {
  const PredictedTypes types = Votes({"leaf", {"a"}}, 1).result();
  EXPECT_EQ(types.type, std::vector<std::string>{""});
  EXPECT_TRUE(std::isnan(types.agreement.front()));
}

TEST(DecodedSumsTest, MeanSdAndAgreementInTheDatasUnits) {
  const TrainedModality trained{.name = "E",
                                .features = {"f"},
                                .transform = data::Transform::zscore,
                                .scaling = {{10}, {2}},
                                .mean = {10},
                                .sd = {2},
                                .mean_expm1 = {nan_value},
                                .mean_exp2m1 = {nan_value}};
  DecodedSums sums(1, trained, 1);
  for (const float value : {-1.0F, 2.0F, 5.0F}) {
    sums.next_network();
    sums.add(0, MatrixF::Constant(1, 1, value));
  }
  const PredictedModality result = std::move(sums).result();
  EXPECT_EQ(result.modality, 1U);
  EXPECT_FLOAT_EQ(result.mean(0, 0), 14);  // 10 + 2 * 2
  EXPECT_FLOAT_EQ(result.sd(0, 0), 6);     // 2 * sqrt(18 / 2)
  EXPECT_FLOAT_EQ(result.agreement(0, 0), 2.0F / 3);
  DecodedSums one(1, trained, 1);
  one.next_network();
  one.add(0, MatrixF::Constant(1, 1, -1));
  const PredictedModality alone = std::move(one).result();
  EXPECT_TRUE(std::isnan(alone.sd(0, 0)));
  EXPECT_FLOAT_EQ(alone.agreement(0, 0), 1);
}

TEST(WithinFoldsTest, VariancesOfFoldsAreAveragedAndFoldsOfOneLeftOut) {
  WithinFolds within(1, 1);
  const auto add = [&](std::int64_t fold, float value) {
    within.next_network(fold);
    within.add(0, MatrixF::Constant(1, 1, value));
  };
  add(0, 1);
  add(0, 3);  // variance 2
  add(1, 100);
  add(2, -5);
  add(2, -1);  // variance 8, far from the first fold's
  EXPECT_DOUBLE_EQ(std::move(within).spread()(0, 0), std::sqrt(5.0));
  EXPECT_TRUE(std::isnan(WithinFolds(1, 1).spread()(0, 0)));
}

TEST(PooledDistancesTest, QuantilesAreSharesOfNearerHeldOutCells) {
  PooledDistances distances;
  distances.add({0.5, 2.0}, {1, 2});
  distances.add({3.5, 9.0}, {3, 4});
  // Of 1, 2, 3, 4: 0 and 3 are nearer than 0.5 and 3.5; 1 (2 itself is not nearer) and 4 than 2 and 9.
  EXPECT_EQ(std::move(distances).quantiles(), (std::vector<double>{3.0 / 8, 5.0 / 8}));
  PooledDistances none;
  none.add({1.0}, {});
  EXPECT_TRUE(std::isnan(std::move(none).quantiles().front()));
}

TEST(ShareBelow, IsReadOffThePercentiles) {
  const std::vector<double> percentiles{0, 1, 1, 3, 7};
  EXPECT_EQ(share_below(percentiles, -1), 0);
  EXPECT_EQ(share_below(percentiles, 0), 0);
  EXPECT_EQ(share_below(percentiles, 0.5), 0.125);
  EXPECT_EQ(share_below(percentiles, 1), 0.25) << "equals are not below";
  EXPECT_EQ(share_below(percentiles, 2), 0.625);
  EXPECT_EQ(share_below(percentiles, 8), 1);
  EXPECT_TRUE(std::isnan(share_below({}, 1)));
}

}  // namespace
}  // namespace cplae::predict
