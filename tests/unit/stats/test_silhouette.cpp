#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/silhouette.hpp"

namespace cplae::stats {
namespace {

TEST(Silhouette, ByHand) {
  MatrixD values(4, 1);
  values << 0, 1, 5, 20;
  const auto result = silhouette_per_cell(values, {7, 7, 9, -1});
  EXPECT_DOUBLE_EQ(result[0], (5.0 - 1) / 5);
  EXPECT_DOUBLE_EQ(result[1], (4.0 - 1) / 4);
  EXPECT_DOUBLE_EQ(result[2], 0) << "alone in its cluster";
  EXPECT_DOUBLE_EQ(silhouette(values, {7, 7, 9, -1}), (0.8 + 0.75) / 4);
  const Summary clusters = silhouette_over_clusters(values, {7, 7, 9, -1});
  EXPECT_EQ(clusters.n, 3U);
  EXPECT_DOUBLE_EQ(clusters.mean, 0.775 / 3);
  EXPECT_DOUBLE_EQ(clusters.sd, 0.775 / std::sqrt(3.0)) << "of 0.775, 0 and 0";
}

TEST(Silhouette, CollapsedLatents) {
  EXPECT_DOUBLE_EQ(silhouette(MatrixD::Ones(4, 2), {0, 0, 1, 1}), 0);
}

TEST(Silhouette, RefusesOneClusterClustersOfOneAndNaN) {
  MatrixD values = test::normal(4, 2);
  EXPECT_THROW(static_cast<void>(silhouette(values, {1, 1, 1, 1})), NumericError);
  EXPECT_THROW(static_cast<void>(silhouette(values, {1, 2, 3, 4})), NumericError);
  EXPECT_THROW(static_cast<void>(silhouette(values, {1, 1, 2})), NumericError);
  values(2, 0) = test::nan;
  EXPECT_THROW(static_cast<void>(silhouette(values, {1, 1, 2, 2})), NumericError);
}

}  // namespace
}  // namespace cplae::stats
