#include "cplae/stats/clustering.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/stats/assignment.hpp"

namespace cplae::stats {
namespace {

Counts table(Eigen::Index columns, std::initializer_list<std::int64_t> counts) {
  Counts result(static_cast<Eigen::Index>(counts.size()) / columns, columns);
  Eigen::Index at = 0;
  for (const std::int64_t count : counts)
    result.data()[at++] = count;
  return result;
}

TEST(Contingency, OfTextsAndNumbers) {
  const auto found = contingency<std::string, std::int64_t>({"b", "a", "b", ""}, {7, -1, 7, 7});
  EXPECT_EQ(found.rows, (std::vector<std::string>{"", "a", "b"}));
  EXPECT_EQ(found.columns, (std::vector<std::int64_t>{-1, 7}));
  EXPECT_EQ(found.counts, table(2, {0, 1, 1, 0, 0, 2}));
  const auto square = square_contingency<std::int64_t>({4, 4, 2}, {2, 9, 2});
  EXPECT_EQ(square.rows, (std::vector<std::int64_t>{2, 4, 9}));
  EXPECT_EQ(square.rows, square.columns);
  EXPECT_EQ(square.counts, table(3, {1, 0, 0, 1, 0, 1, 0, 0, 0}));
}

TEST(Contingency, Indices) {
  const Counts same = table(2, {3, 0, 0, 5});
  EXPECT_DOUBLE_EQ(adjusted_rand_index(same), 1);
  EXPECT_DOUBLE_EQ(normalised_mutual_information(same), 1);
  const Counts crossed = table(2, {2, 2, 2, 2});
  EXPECT_EQ(normalised_mutual_information(crossed), 0);
  // 8 ordered pairs together in both, 16 in one only, 16 in the other only, 16 in neither.
  EXPECT_DOUBLE_EQ(adjusted_rand_index(crossed), 2.0 * (8 * 16 - 16 * 16) / (24 * 32 + 24 * 32));
  EXPECT_TRUE(std::isnan(adjusted_rand_index(Counts::Zero(2, 3))));
  EXPECT_TRUE(std::isnan(normalised_mutual_information(Counts(0, 0))));
}

TEST(Contingency, MeasuresByHand) {
  // Row 0 ties with its second entry; column 0 is outdone; cluster 2 is empty on the diagonal.
  const ContingencyMeasures found = contingency_measures(table(3, {2, 2, 0, 3, 4, 0, 0, 0, 0}));
  EXPECT_DOUBLE_EQ(found.row_reliability, 2.0 / 3);
  EXPECT_DOUBLE_EQ(found.column_reliability, 1.0 / 3);
  EXPECT_DOUBLE_EQ(found.diagonal_reliability, 1.0 / 3);
  EXPECT_DOUBLE_EQ(found.consistency, 6.0 / 11);
  EXPECT_DOUBLE_EQ(found.occupancy, 2.0 / 3);
}

TEST(Contingency, MeasuresOfZeros) {
  const ContingencyMeasures found = contingency_measures(Counts::Zero(2, 2));
  EXPECT_EQ(found.row_reliability, 0);
  EXPECT_EQ(found.column_reliability, 0);
  EXPECT_EQ(found.diagonal_reliability, 0);
  EXPECT_EQ(found.occupancy, 0);
  EXPECT_TRUE(std::isnan(found.consistency));
}

TEST(Contingency, RefusesNegativeCountsAndOtherShapes) {
  EXPECT_THROW(static_cast<void>(contingency<std::int64_t, std::int64_t>({1}, {1, 2})), NumericError);
  EXPECT_THROW(static_cast<void>(contingency_measures(Counts::Zero(2, 3))), NumericError);
  const Counts negative = table(1, {-1});
  EXPECT_THROW(static_cast<void>(contingency_measures(negative)), NumericError);
  EXPECT_THROW(static_cast<void>(adjusted_rand_index(negative)), NumericError);
  EXPECT_THROW(static_cast<void>(normalised_mutual_information(negative)), NumericError);
  EXPECT_THROW(static_cast<void>(best_assignment(negative)), NumericError);
}

TEST(Assignment, WhatHasNoCellIsUnmatched) {
  const Assignment found = best_assignment(table(2, {0, 0, 1, 4, 0, 0, 3, 5}));
  EXPECT_EQ(found.column_of_row, (std::vector<Eigen::Index>{unmatched, 1, unmatched, 0}));
  EXPECT_EQ(found.row_of_column, (std::vector<Eigen::Index>{3, 1}));
  EXPECT_EQ(found.trace, 7);
  EXPECT_EQ(found.row_order, (std::vector<Eigen::Index>{3, 1, 0, 2}));
}

TEST(Assignment, RowsWithoutAPartnerFollowBySize) {
  const Assignment found = best_assignment(table(1, {1, 2, 9, 2}));
  EXPECT_EQ(found.row_order, (std::vector<Eigen::Index>{2, 1, 3, 0}));
}

}  // namespace
}  // namespace cplae::stats
