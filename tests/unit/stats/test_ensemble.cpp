#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/ensemble.hpp"

namespace cplae::stats {
namespace {

TEST(Ensemble, MeanAndSpreadByHand) {
  EnsembleSums sums(1, 2);
  for (const float value : {1.0F, 2.0F, 6.0F})
    sums.add((MatrixF(1, 2) << value, 4).finished());
  EXPECT_EQ(sums.members(), 3U);
  EXPECT_DOUBLE_EQ(sums.mean()(0, 0), 3);
  EXPECT_DOUBLE_EQ(sums.spread()(0, 0), std::sqrt(7.0));
  EXPECT_EQ(sums.spread()(0, 1), 0);
  EXPECT_THROW(sums.add(MatrixF::Zero(2, 2)), NumericError);
}

TEST(Ensemble, CalibrationLeavesMissingTruthOut) {
  MatrixF truth(3, 2);
  truth << 1, 10, 2, static_cast<float>(test::nan), 9, 40;
  MatrixD mean(3, 2);
  mean << 0, 10, 4, 0, 3, 20;
  MatrixD spread(3, 2);
  spread << 0.5, 1, 0.75, 9, 2, 9;
  const Calibration found = calibration(truth, mean, spread);
  EXPECT_EQ(found.entries, 5U);
  // Errors 1, 2, 6 and 0, 20.
  EXPECT_DOUBLE_EQ(found.mean_error, 29.0 / 5);
  EXPECT_DOUBLE_EQ(found.mean_spread, 13.25 / 5);
  EXPECT_DOUBLE_EQ(found.within_two_spreads, 2.0 / 5) << "1 of 0.5 and 0 of 1";
  // Ranks of spreads 1 2 4 | 3 5 and of errors 2 3 4 | 1 5: squared differences 1 + 1 + 0 + 4 + 0.
  EXPECT_DOUBLE_EQ(found.rank_correlation, 1 - 6.0 * 6 / (5 * 24));
  EXPECT_DOUBLE_EQ(found.within_features, 1);
}

TEST(Ensemble, CalibrationOfNothing) {
  const MatrixF truth = MatrixF::Constant(2, 1, static_cast<float>(test::nan));
  const MatrixD zeros = MatrixD::Zero(2, 1);
  const Calibration found = calibration(truth, zeros, zeros);
  EXPECT_EQ(found.entries, 0U);
  EXPECT_TRUE(std::isnan(found.within_two_spreads) && std::isnan(found.rank_correlation));
  EXPECT_THROW(static_cast<void>(calibration(truth, MatrixD::Zero(1, 1), zeros)), NumericError);
}

}  // namespace
}  // namespace cplae::stats
