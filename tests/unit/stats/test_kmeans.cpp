#include <gtest/gtest.h>

#include <set>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/kmeans.hpp"

namespace cplae::stats {
namespace {

RandomStream stream(std::uint64_t key) {
  return {NetworkKey{key}, {.purpose = Purpose::mixture}};
}

TEST(KMeans, FindsFarApartClusters) {
  const auto result = k_means(test::clusters(60, 3, 4), {.clusters = 4}, stream(1));
  for (std::size_t cell = 4; cell < 60; ++cell)
    EXPECT_EQ(result.labels[cell], result.labels[cell - 4]);
  EXPECT_EQ(std::set<std::int64_t>(result.labels.begin(), result.labels.end()).size(), 4U);
}

TEST(KMeans, AsManyClustersAsCells) {
  const auto result = k_means(test::normal(7, 2), {.clusters = 7}, stream(1));
  EXPECT_EQ(std::set<std::int64_t>(result.labels.begin(), result.labels.end()).size(), 7U);
  EXPECT_EQ(result.inertia, 0);
}

TEST(KMeans, FewerDistinctCellsThanClusters) {
  const MatrixD duplicated = test::normal(3, 2).replicate(5, 1);
  const auto result = k_means(duplicated, {.clusters = 6}, stream(1));
  EXPECT_EQ(std::set<std::int64_t>(result.labels.begin(), result.labels.end()).size(), 3U);
  EXPECT_EQ(result.inertia, 0);
  EXPECT_EQ(k_means(MatrixD::Ones(5, 2), {.clusters = 2}, stream(1)).inertia, 0) << "collapsed";
}

TEST(KMeans, OneClusterIsTheMean) {
  const MatrixD values = test::normal(20, 3);
  const auto result = k_means(values, {.clusters = 1}, stream(1));
  EXPECT_LT((result.centres.row(0) - values.colwise().mean()).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(KMeans, DependsOnTheStreamAlone) {
  const MatrixD values = test::normal(200, 3);
  const auto first = k_means(values, {.clusters = 9}, stream(1));
  EXPECT_EQ(first.labels, k_means(values, {.clusters = 9}, stream(1)).labels);
  EXPECT_NE(first.labels, k_means(values, {.clusters = 9}, stream(2)).labels);
}

TEST(KMeans, RefusesTooManyClustersAndNaN) {
  MatrixD values = test::normal(5, 2);
  EXPECT_THROW(static_cast<void>(k_means(values, {.clusters = 6}, stream(1))), NumericError);
  EXPECT_THROW(static_cast<void>(k_means(values, {.clusters = 0}, stream(1))), NumericError);
  for (const double bad : {test::nan, 1e300}) {
    values(4, 1) = bad;
    EXPECT_THROW(static_cast<void>(k_means(values, {.clusters = 2}, stream(1))), NumericError);
  }
}

}  // namespace
}  // namespace cplae::stats
