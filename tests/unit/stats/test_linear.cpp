#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/cca.hpp"
#include "cplae/stats/pc_cca.hpp"
#include "cplae/stats/pca.hpp"

namespace cplae::stats {
namespace {

TEST(Pca, ALineInThePlane) {
  MatrixD values(3, 2);
  values << 1, 5, 2, 3, 3, 1;  // direction (-1, 2) / sqrt 5
  const Pca pca = Pca::fit(values, 1);
  EXPECT_NEAR(pca.components()(0, 0), -1 / std::sqrt(5.0), 1e-15);
  EXPECT_NEAR(pca.components()(0, 1), 2 / std::sqrt(5.0), 1e-15);
  EXPECT_NEAR(pca.variances()[0], 5, 1e-14);
  EXPECT_LT((pca.inverse(pca.transform(values)) - values).cwiseAbs().maxCoeff(), 1e-14);
  EXPECT_THROW(Pca::fit(values, 2), NumericError);
}

TEST(Pca, WideAndTallAgree) {
  // The two branches meet at square data: adding one constant column makes it wide without changing the rest.
  const MatrixD square = test::normal(12, 12);
  MatrixD wide(12, 13);
  wide << square, MatrixD::Constant(12, 1, 4);
  const Pca a = Pca::fit(square, 5);
  const Pca b = Pca::fit(wide, 5);
  EXPECT_LT((a.components() - b.components().leftCols(12)).cwiseAbs().maxCoeff(), 1e-11);
  EXPECT_LT(b.components().col(12).cwiseAbs().maxCoeff(), 1e-14);
}

TEST(Pca, RefusesWhatHasNoComponents) {
  EXPECT_THROW(Pca::fit(MatrixD::Ones(5, 3), 1), NumericError) << "constant columns";
  EXPECT_THROW(Pca::fit(test::normal(1, 3), 1), NumericError) << "one cell";
  EXPECT_THROW(Pca::fit(test::normal(5, 3), 0), NumericError);
  MatrixD values = test::normal(5, 3);
  values.col(1).setConstant(test::nan);
  EXPECT_THROW(Pca::fit(values, 1), NumericError) << "a column without entries";
  values = test::normal(5, 3);
  values(0, 0) = 1e300;
  EXPECT_THROW(Pca::fit(values, 1), NumericError);
}

TEST(Cca, OneColumnASideIsPearsonsCorrelation) {
  const MatrixD both = test::normal(50, 2);
  const MatrixD mixed = 0.8 * both.col(0) - 0.6 * both.col(1);
  const Cca cca = Cca::fit({both.leftCols(1), mixed}, 1);
  const Eigen::VectorXd x = (both.col(0).array() - both.col(0).mean()).matrix();
  const Eigen::VectorXd y = (mixed.array() - mixed.mean()).matrix();
  EXPECT_NEAR(cca.correlations()[0], std::abs(x.dot(y)) / (x.norm() * y.norm()), 1e-14);
}

TEST(Cca, ASideAndItsRotationCorrelateFully) {
  const MatrixD first = test::normal(40, 3);
  const MatrixD second = first * test::normal(3, 3, 1);
  const Cca cca = Cca::fit({first, second}, 3);
  for (Eigen::Index k = 0; k < 3; ++k)
    EXPECT_NEAR(cca.correlations()[k], 1, 1e-14);
  const MatrixD scores = cca.transform(Side::first, first);
  EXPECT_LT((cca.inverse(Side::first, scores) - first).cwiseAbs().maxCoeff(), 1e-12) << "all dimensions kept";
}

TEST(Cca, RefusesDependentColumnsAndFewCells) {
  const MatrixD first = test::normal(40, 3);
  MatrixD second = test::normal(40, 3, 1);
  second.col(2) = second.col(0) - second.col(1);
  EXPECT_THROW(Cca::fit({first, second}, 2), NumericError);
  second.col(2).setConstant(3);
  EXPECT_THROW(Cca::fit({first, second}, 2), NumericError);
  EXPECT_THROW(Cca::fit({first, test::normal(39, 3)}, 2), NumericError);
  EXPECT_THROW(Cca::fit({first, test::normal(40, 2)}, 3), NumericError);
  EXPECT_THROW(Cca::fit({test::normal(6, 3), test::normal(6, 3, 1)}, 2), NumericError);
  second = test::normal(40, 3, 1);
  second(7, 1) = test::nan;
  EXPECT_THROW(Cca::fit({first, second}, 2), NumericError);
}

TEST(PcCca, LatentsOfTrainingCellsAreWhiteAndEveryComponentGivesTheInputBack) {
  const MatrixD first = test::normal(60, 3);
  const MatrixD second = first * test::normal(3, 4, 1) + test::normal(60, 4, 2);
  const std::vector<std::uint8_t> all(60, 1);
  const PcCca model = PcCca::fit(
      {PcCcaModality{first.cast<float>(), all, 3}, PcCcaModality{second.cast<float>(), all, 4}}, 3);
  for (const Side side : {Side::first, Side::second}) {
    const MatrixD latents = model.encode(side, (side == Side::first ? first : second).cast<float>());
    const MatrixD centred = latents.rowwise() - latents.colwise().mean();
    const Eigen::MatrixXd covariance = centred.transpose() * centred / 59.0;
    EXPECT_LT((covariance - Eigen::Matrix3d::Identity()).cwiseAbs().maxCoeff(), 1e-12);
  }
  const MatrixF back = model.decode(Side::first, model.encode(Side::first, first.cast<float>()));
  EXPECT_LT((back - first.cast<float>()).cwiseAbs().maxCoeff(), 1e-6F) << "float32 values of order 1";
}

TEST(PcCca, RefusesSidesOfOtherLengths) {
  const std::vector<std::uint8_t> all(20, 1);
  const PcCcaModality good{test::normal(20, 3).cast<float>(), all, 2};
  const PcCcaModality shorter{test::normal(19, 3).cast<float>(), all, 2};
  EXPECT_THROW(PcCca::fit({good, shorter}, 1), NumericError);
  const PcCcaModality absent{test::normal(20, 3).cast<float>(), std::vector<std::uint8_t>(20, 0), 2};
  EXPECT_THROW(PcCca::fit({good, absent}, 1), NumericError) << "no cell has the modality";
}

}  // namespace
}  // namespace cplae::stats
