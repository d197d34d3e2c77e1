#include <gtest/gtest.h>

#include <cmath>

#include "cells.hpp"
#include "cplae/core/error.hpp"
#include "cplae/stats/foscttm.hpp"
#include "cplae/stats/neighbours.hpp"
#include "distances.hpp"

namespace cplae::stats {
namespace {

MatrixD line(std::initializer_list<double> places) {
  MatrixD values(static_cast<Eigen::Index>(places.size()), 1);
  Eigen::Index row = 0;
  for (const double place : places)
    values(row++, 0) = place;
  return values;
}

TEST(Neighbours, NearestFirstAndTheLowerOfEquals) {
  const Neighbours found =
      nearest_neighbours({.queries = line({0, 5}), .reference = line({2, -1, 1, 5, -1}), .k = 4});
  Indices cells(2, 4);
  cells << 1, 2, 4, 0, 3, 0, 2, 1;
  MatrixD distances(2, 4);
  distances << 1, 1, 1, 2, 0, 3, 4, 6;
  EXPECT_EQ(found.cells, cells);
  EXPECT_EQ(found.distances, distances);
}

TEST(Neighbours, DistancesAreTheSameBitsFromEitherSideAndInAnyBlock) {
  const MatrixD first = test::normal(70, 5, 1);
  const MatrixD second = test::normal(600, 5, 2);
  const MatrixD there = squared_distances(first, second.transpose());
  const MatrixD back = squared_distances(second, first.transpose());
  EXPECT_EQ(there, MatrixD(back.transpose()));
  const VectorD pairs = squared_distances_of_pairs(first, second.topRows(70).transpose());
  EXPECT_EQ(pairs, VectorD(there.leftCols(70).diagonal()));
}

TEST(Neighbours, RefusesWhatHasNoAnswer) {
  const MatrixD points = test::normal(4, 2);
  MatrixD broken = points;
  broken(2, 1) = test::nan;
  const auto search = [](const MatrixD& queries, const MatrixD& reference, Eigen::Index k) {
    static_cast<void>(nearest_neighbours({queries, reference, k}));
  };
  EXPECT_THROW(search(points, points, 5), NumericError);
  EXPECT_THROW(search(points, points, 0), NumericError);
  EXPECT_THROW(search(points.leftCols(1), points, 1), NumericError);
  EXPECT_THROW(search(broken, points, 1), NumericError);
  EXPECT_THROW(search(points, broken, 1), NumericError);
  EXPECT_EQ(nearest_neighbours({MatrixD(0, 2), points, 1}).cells.rows(), 0);
}

TEST(LabelTransfer, ByHand) {
  // Neighbours of 0: a (1), b (2), b (3), a (4): two votes each, a is nearer. Of 10: b (7 away), a (6): a
  // wins.
  const LabelSearch search{
      {line({0, 10, 0, 0}), {"a", "b", "c", ""}}, {line({1, 2, 3, 4, 0}), {"a", "b", "b", "a", ""}}, 4};
  const LabelTransfer transfer = label_transfer(search);
  EXPECT_EQ(transfer.n_cells, 2U) << "nobody has label c, one query has none";
  EXPECT_EQ(transfer.n_labelled, 3U);
  EXPECT_DOUBLE_EQ(transfer.accuracy, 0.5);
  const Purity found = purity(search);
  EXPECT_DOUBLE_EQ(found.mean, 0.5);
  EXPECT_DOUBLE_EQ(found.ceiling, 0.5) << "two of four neighbours at best";
}

TEST(LabelTransfer, RefusesLabelsOfAnotherNumber) {
  const MatrixD points = test::normal(2, 2);
  EXPECT_THROW(static_cast<void>(purity({{points, {"a"}}, {points, {"a", "b"}}, 1})), NumericError);
  EXPECT_THROW(static_cast<void>(label_transfer({{points, {"a", "b"}}, {points, {"a"}}, 1})), NumericError);
  EXPECT_THROW(static_cast<void>(label_transfer({{points, {"a", "b"}}, {points, {"a", "b"}}, 0})),
               NumericError);
}

TEST(Foscttm, ByHand) {
  // From the first side: 0 has 1 nearer than its partner 2; 10 has none nearer than 9; 20 has all nearer
  // than 1.
  const FoscttmScores scores = foscttm({.first = line({0, 10, 20}), .second = line({2, 9, 1})});
  EXPECT_DOUBLE_EQ(scores.closer.from_first, (1.0 + 0 + 2) / 9);
  // From the second side: 2 has its partner nearest (2 away), 9 too; 1 has both others nearer than 20.
  EXPECT_DOUBLE_EQ(scores.closer.from_second, 2.0 / 9);
  EXPECT_DOUBLE_EQ(scores.closer.mean, 5.0 / 18);
  EXPECT_DOUBLE_EQ(scores.ties_half.mean, scores.closer.mean);
}

TEST(Foscttm, CollapsedLatentsAreHalfTies) {
  const FoscttmScores scores = foscttm({MatrixD::Ones(5, 2), MatrixD::Ones(5, 2)});
  EXPECT_EQ(scores.closer.mean, 0);
  EXPECT_DOUBLE_EQ(scores.ties_half.mean, 0.4);
}

TEST(Foscttm, RefusesNaNAndOtherShapes) {
  const MatrixD points = test::normal(4, 2);
  MatrixD broken = points;
  broken(3, 0) = test::nan;
  EXPECT_THROW(static_cast<void>(foscttm({points, broken})), NumericError);
  EXPECT_THROW(static_cast<void>(foscttm({broken, points})), NumericError);
  EXPECT_THROW(static_cast<void>(foscttm({points, points.topRows(3)})), NumericError);
  EXPECT_THROW(static_cast<void>(foscttm({points, points.leftCols(1)})), NumericError);
  EXPECT_THROW(static_cast<void>(foscttm({MatrixD(0, 2), MatrixD(0, 2)})), NumericError);
}

}  // namespace
}  // namespace cplae::stats
