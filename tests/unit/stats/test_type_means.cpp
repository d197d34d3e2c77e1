#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/correlation.hpp"
#include "cplae/stats/type_means.hpp"

namespace cplae::stats {
namespace {

using test::nan;

MatrixF matrix(std::initializer_list<std::initializer_list<double>> rows) {
  MatrixF values(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.begin()->size()));
  Eigen::Index r = 0;
  for (const auto& row : rows) {
    Eigen::Index c = 0;
    for (const double value : row)
      values(r, c++) = static_cast<float>(value);
    ++r;
  }
  return values;
}

TEST(Correlation, LeavesOutPairsAndConstants) {
  EXPECT_DOUBLE_EQ(pearson(std::vector{1.0, 2.0, nan, 3.0}, std::vector{2.0, 4.0, 9.0, 6.0}), 1);
  EXPECT_DOUBLE_EQ(spearman(std::vector{1.0, 2.0, 30.0}, std::vector{-1.0, -7.0, -8.0}), -1);
  // Ranks 1.5, 1.5, 3 against 1, 2, 3: covariance 1.5 over sqrt(1.5 x 2).
  EXPECT_DOUBLE_EQ(spearman(std::vector{5.0, 5.0, 6.0}, std::vector{1.0, 2.0, 3.0}), std::sqrt(0.75));
  // 0.1 three times has a mean that is not 0.1.
  EXPECT_TRUE(std::isnan(pearson(std::vector{0.1, 0.1, 0.1}, std::vector{1.0, 2.0, 3.0})));
  EXPECT_TRUE(std::isnan(spearman(std::vector{1.0, nan}, std::vector{1.0, 2.0})));
  EXPECT_THROW(static_cast<void>(pearson(std::vector{1.0}, std::vector{1.0, 2.0})), NumericError);
}

/// Types 0 and 1 of two and one cells, one cell of neither; the second feature of cell 1 is missing.
TypeMeans two_types() {
  TypeSums sums(2, 2);
  const MatrixF first = matrix({{1, 2}, {3, nan}});
  const MatrixF decoded = matrix({{2, 5}, {4, 100}});
  sums.add({first, decoded, {0, 0}});
  const MatrixF second = matrix({{-8, 1}, {7, 7}});
  const MatrixF also = matrix({{6, -10}, {7, 7}});
  sums.add({second, also, {1, 2}});
  return sums.means();
}

TEST(TypeMeans, AreOfTheSameCellsOnBothSides) {
  const TypeMeans means = two_types();
  EXPECT_EQ(means.cells, (std::vector<std::size_t>{2, 1}));
  EXPECT_EQ(means.measured, matrix({{2, 2}, {-8, 1}}).cast<double>());
  EXPECT_EQ(means.decoded, matrix({{3, 5}, {6, -10}}).cast<double>()) << "the 100 has no measured partner";
}

TEST(TypeMeans, ScaledByTheLargestMagnitudeAndCentred) {
  const TypeMeans scaled = normalised(two_types());
  EXPECT_EQ(scaled.measured, matrix({{0.25, 1}, {-1, 0.5}}).cast<double>());
  EXPECT_EQ(scaled.decoded, matrix({{0.5, 0.5}, {1, -1}}).cast<double>());
  const TypeMeans deviations = centred(scaled);
  EXPECT_EQ(deviations.measured, matrix({{0.625, 0.25}, {-0.625, -0.25}}).cast<double>());
  EXPECT_EQ(deviations.decoded, matrix({{-0.25, 0.75}, {0.25, -0.75}}).cast<double>());
}

TEST(TypeMeans, FeaturesOfNothingStay) {
  TypeSums sums(2, 2);
  const MatrixF zeros = matrix({{0, nan}, {0, nan}});
  sums.add({zeros, zeros, {0, 1}});
  const TypeMeans scaled = centred(normalised(sums.means()));
  EXPECT_EQ(scaled.measured.col(0), VectorD::Zero(2));
  EXPECT_TRUE(std::isnan(scaled.measured(0, 1)) && std::isnan(scaled.decoded(1, 1)));
}

TEST(TypeMeans, CorrelationsWantThreeMeans) {
  const TypeMeans two = two_types();
  EXPECT_TRUE(std::isnan(correlation_of_types(two)[0].pearson));
  EXPECT_EQ(correlation_of_types(two)[0].n, 2U);
  TypeMeans three{matrix({{1, 2, 3}, {nan, 2, 3}}).cast<double>(),
                  matrix({{2, 4, 6}, {nan, 2, 3}}).cast<double>(),
                  {1, 1}};
  const auto types = correlation_of_types(three);
  EXPECT_DOUBLE_EQ(types[0].pearson, 1);
  EXPECT_TRUE(std::isnan(types[1].pearson));
  EXPECT_EQ(types[1].n, 2U);
  EXPECT_EQ(correlation_of_features(three)[0].n, 1U);
}

TEST(TypeMeans, RefuseWhatDoesNotFit) {
  TypeSums sums(1, 2);
  const MatrixF good = matrix({{1, 2}});
  const MatrixF wide = matrix({{1, 2, 3}});
  const MatrixF broken = matrix({{1, nan}});
  EXPECT_THROW(sums.add({good, wide, {0}}), NumericError);
  EXPECT_THROW(sums.add({wide, wide, {0}}), NumericError);
  EXPECT_THROW(sums.add({good, good, {0, 0}}), NumericError);
  EXPECT_THROW(sums.add({good, broken, {0}}), NumericError);
  EXPECT_NO_THROW(sums.add({broken, broken, {0}})) << "nothing was measured where nothing was decoded";
}

}  // namespace
}  // namespace cplae::stats
