// Which sets of modalities others are predicted from, and what a set is as one modality.
#include "reduce/subsets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cplae/study/shared_space.hpp"

namespace cplae::reduce {
namespace {

constexpr float absent = std::numeric_limits<float>::quiet_NaN();

std::size_t sources_of_target(std::size_t measured, std::size_t to) {
  const auto subsets = joint_subsets(measured);
  return static_cast<std::size_t>(
      std::count_if(subsets.begin(), subsets.end(), [&](const Subset& s) { return is_predicted(s, to); }));
}

TEST(JointSubsets, OfThreeThePairsAndAll) {
  EXPECT_TRUE(joint_subsets(1).empty());
  EXPECT_TRUE(joint_subsets(2).empty());
  EXPECT_EQ(joint_subsets(3), (std::vector<Subset>{{0, 1}, {0, 2}, {1, 2}, {0, 1, 2}}));
}

TEST(JointSubsets, AllOfThemForEachTarget) {
  // Of the K - 1 others: all subsets but the empty one and the single ones.
  for (std::size_t measured = 3; measured <= most_with_all_subsets; ++measured)
    for (std::size_t to = 0; to < measured; ++to)
      EXPECT_EQ(sources_of_target(measured, to), (1U << (measured - 1)) - measured);
  EXPECT_EQ(sources_of_target(6, 2), 26U);
}

TEST(JointSubsets, OfManyPairsAndAllButOne) {
  for (std::size_t measured = most_with_all_subsets + 1; measured < 12; ++measured) {
    const auto subsets = joint_subsets(measured);
    EXPECT_EQ(subsets.size(), measured * (measured - 1) / 2 + measured + 1);
    EXPECT_EQ(subsets.front(), (Subset{0, 1}));
    EXPECT_EQ(subsets.back().size(), measured);
    EXPECT_TRUE(std::is_sorted(subsets.begin(), subsets.end(), [](const Subset& a, const Subset& b) {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    }));
    for (const Subset& subset : subsets)
      EXPECT_TRUE(std::is_sorted(subset.begin(), subset.end()));
    for (std::size_t to = 0; to < measured; ++to)
      EXPECT_EQ(sources_of_target(measured, to), (measured - 1) * (measured - 2) / 2 + 1);
  }
}

TEST(Sources, OfNetworksWithoutCouplingAreSingle) {
  study::NetworkSpec spec;
  EXPECT_EQ(sources_of(spec, 3).size(), 7U);
  spec.coupling.lambda = 0;
  EXPECT_EQ(sources_of(spec, 3), (std::vector<Subset>{{0}, {1}, {2}}));
  EXPECT_TRUE(is_predicted({1}, 1)) << "from itself";
  EXPECT_FALSE(is_predicted({1, 2}, 1));
  EXPECT_TRUE(is_predicted({1, 2}, 0));
}

TEST(Sources, OneModalityIsASpaceWithoutCoupling) {
  study::NetworkSpec spec;
  spec.coupling.lambda = 0;
  spec.modalities.resize(1);
  EXPECT_TRUE(study::share_space(spec));
  spec.modalities.resize(2);
  EXPECT_FALSE(study::share_space(spec));
  spec.coupling.lambda = 0.5;
  EXPECT_TRUE(study::share_space(spec));
}

TEST(Together, CellsThatHaveAllAndFeaturesSideBySide) {
  const std::vector<data::Modality> measured{
      {"T", {"a", "b"}, (MatrixF(3, 2) << 1, 2, 3, 4, absent, absent).finished(), {1, 1, 0}},
      {"E", {"a"}, (MatrixF(3, 1) << 5, 6, 7).finished(), {1, 1, 1}},
      {"M", {"c"}, (MatrixF(3, 1) << absent, 8, 9).finished(), {0, 1, 1}}};
  EXPECT_EQ(together(measured, {0, 2}).name, "T+M");
  EXPECT_EQ(together(measured, {0, 2}).present, (std::vector<std::uint8_t>{0, 1, 0}));
  EXPECT_EQ(together(measured, {1}).name, "E");
  const data::Modality joint = side_by_side(measured, {0, 1, 2});
  EXPECT_EQ(joint.name, "T+E+M");
  EXPECT_EQ(joint.features.size(), 4U);
  EXPECT_EQ(joint.present, (std::vector<std::uint8_t>{0, 1, 0}));
  EXPECT_EQ(joint.values.row(1), (Eigen::RowVectorXf(4) << 3, 4, 6, 8).finished());
}

TEST(MeanLatents, MissingWhereOneIs) {
  const std::vector<MatrixF> latents{(MatrixF(2, 1) << 1, 2).finished(),
                                     (MatrixF(2, 1) << 4, absent).finished(),
                                     (MatrixF(2, 1) << 7, 8).finished()};
  EXPECT_EQ(mean_latents(latents, {0, 1, 2})(0, 0), 4);
  EXPECT_TRUE(std::isnan(mean_latents(latents, {0, 1})(1, 0)));
  EXPECT_EQ(mean_latents(latents, {0, 2})(1, 0), 5);
  EXPECT_EQ(mean_latents(latents, {2}), latents[2]);
}

}  // namespace
}  // namespace cplae::reduce
