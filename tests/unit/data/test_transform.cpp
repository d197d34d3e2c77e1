#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cplae/core/error.hpp"
#include "cplae/data/transform.hpp"

namespace cplae::data {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Three cells, the last of which lacks the modality, and three features.
Modality modality_of(std::initializer_list<float> values) {
  Modality modality{
      .name = "T", .features = {"x", "y", "z"}, .values = MatrixF::Constant(3, 3, nan), .present = {1, 1, 0}};
  std::copy(values.begin(), values.end(), modality.values.data());
  return modality;
}

TEST(LogCpm, IsTheLogOfCountsAMillion) {
  Modality modality = modality_of({1, 3, 0, nan, 5, 15});
  const FeatureScaling scaling = apply_transform(Transform::log_cpm, modality);
  // One rounding to float32 of values below 16: half a unit in the last place is 2^-21.
  const double tolerance = 0x1.0p-21;
  EXPECT_NEAR(modality.values(0, 0), std::log(250'001.0), tolerance);
  EXPECT_NEAR(modality.values(0, 1), std::log(750'001.0), tolerance);
  EXPECT_EQ(modality.values(0, 2), 0.0F);
  EXPECT_TRUE(std::isnan(modality.values(1, 0)));
  EXPECT_NEAR(modality.values(1, 2), std::log(750'001.0), tolerance);
  EXPECT_TRUE(modality.values.row(2).array().isNaN().all());
  EXPECT_EQ(scaling.centre, std::vector<double>(3, 0.0));
  EXPECT_EQ(scaling.scale, std::vector<double>(3, 1.0));
}

TEST(LogCpm, NamesTheCellThatCannotBe) {
  const std::vector<std::string> cells = {"c1", "c2", "c3"};
  const auto message = [&](std::initializer_list<float> values) -> std::string {
    Modality modality = modality_of(values);
    try {
      apply_transform(Transform::log_cpm, modality, cells);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  const std::string negative = message({1, 3, 0, 1, -2, 15});
  EXPECT_NE(negative.find("'c2'"), std::string::npos) << negative;
  EXPECT_NE(negative.find("'y'"), std::string::npos) << negative;
  EXPECT_NE(negative.find("-2"), std::string::npos) << negative;
  const std::string empty = message({0, 0, 0, 1, 2, 15});
  EXPECT_NE(empty.find("'c1'"), std::string::npos) << empty;
}

TEST(Zscore, UsesPresentEntriesAndPopulationSd) {
  Modality modality = modality_of({1, 0.1F, nan, 4, 0.1F, 7});
  const FeatureScaling scaling = apply_transform(Transform::zscore, modality);
  EXPECT_EQ(modality.values(0, 0), -1.0F);
  EXPECT_EQ(modality.values(1, 0), 1.0F);
  EXPECT_EQ(scaling.centre[0], 2.5);
  EXPECT_EQ(scaling.scale[0], 1.5);
  // 0.1 has no exact mean in general; a constant feature must not be blown up to +-1.
  EXPECT_EQ(modality.values(0, 1), 0.0F);
  EXPECT_EQ(scaling.scale[1], 1.0);
  EXPECT_TRUE(std::isnan(modality.values(0, 2)));
  EXPECT_EQ(modality.values(1, 2), 0.0F);
  EXPECT_TRUE(modality.values.row(2).array().isNaN().all());
}

TEST(FeatureWeight, DividesByTheSdAndLeavesZeroWhereItIs) {
  Modality modality = modality_of({1, 0.1F, nan, 4, 0.1F, 7});
  FeatureScaling scaling = apply_transform(Transform::none, modality);
  weigh_features(FeatureWeight::inverse_variance, modality, scaling);
  EXPECT_EQ(modality.values(0, 0), static_cast<float>(1 / 1.5));
  EXPECT_EQ(modality.values(1, 0), static_cast<float>(4 / 1.5));
  EXPECT_EQ(modality.values(0, 1), 0.1F);
  EXPECT_TRUE(std::isnan(modality.values(0, 2)));
  EXPECT_EQ(scaling.scale, (std::vector<double>{1.5, 1.0, 1.0}));
  EXPECT_EQ(scaling.centre, std::vector<double>(3, 0.0));
  weigh_features(FeatureWeight::equal, modality, scaling);
  EXPECT_EQ(modality.values(0, 0), static_cast<float>(1 / 1.5));
}

TEST(FeatureWeight, ChangesNothingAfterZscore) {
  Modality modality = modality_of({1, 0.1F, nan, 4, 0.1F, 7});
  FeatureScaling scaling = apply_transform(Transform::zscore, modality);
  weigh_features(FeatureWeight::inverse_variance, modality, scaling);
  EXPECT_EQ(modality.values(1, 0), 1.0F);
  EXPECT_EQ(scaling.centre[0], 2.5);
  EXPECT_EQ(scaling.scale[0], 1.5);
}

TEST(NoTransform, ChangesNothing) {
  Modality modality = modality_of({1, 2, 3, 4, 5, nan});
  const FeatureScaling scaling = apply_transform(Transform::none, modality);
  EXPECT_EQ(modality.values(1, 1), 5.0F);
  EXPECT_EQ(scaling.scale, std::vector<double>(3, 1.0));
}

}  // namespace
}  // namespace cplae::data
