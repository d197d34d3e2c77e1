// What new values become: library sizes, logarithms, refusals.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cplae/core/error.hpp"
#include "cplae/predict/input.hpp"

namespace cplae::predict {
namespace {

constexpr float missing_entry = std::numeric_limits<float>::quiet_NaN();
/// Half a step of float32 at logarithms up to 16.
constexpr double rounding = 1e-6;

/// Training cells of which half have counts in the proportion 1 : 2 : 7 and half 2 : 2 : 6, brought to
/// `total`.
TrainedModality trained(double log_of_base, double total, data::Transform transform = data::Transform::none) {
  TrainedModality modality{.name = "T",
                           .features = {"a", "b", "c"},
                           .transform = transform,
                           .scaling = {{0, 0, 0}, {1, 1, 1}},
                           .mean = {},
                           .sd = {},
                           .mean_expm1 = {},
                           .mean_exp2m1 = {}};
  const double shares[2][3] = {{0.1, 0.2, 0.7}, {0.2, 0.2, 0.6}};
  for (int feature = 0; feature < 3; ++feature) {
    const double one = std::log1p(total * shares[0][feature]) / log_of_base;
    const double two = std::log1p(total * shares[1][feature]) / log_of_base;
    modality.mean.push_back((one + two) / 2);
    modality.sd.push_back(std::abs(one - two) / 2);
    modality.mean_expm1.push_back((std::expm1(one) + std::expm1(two)) / 2);
    modality.mean_exp2m1.push_back((std::exp2(one) + std::exp2(two)) / 2 - 1);
  }
  return modality;
}

data::Modality table(const std::vector<std::string>& features, const MatrixF& values) {
  return {.name = "T",
          .features = features,
          .values = values,
          .present = std::vector<std::uint8_t>(static_cast<std::size_t>(values.rows()), 1)};
}

MatrixF row(const std::vector<float>& values) {
  return Eigen::Map<const MatrixF>(values.data(), 1, static_cast<Eigen::Index>(values.size()));
}

std::string refusal(const data::Modality& found, const TrainedModality& modality,
                    std::optional<InputKind> kind) {
  try {
    (void)prepare_input(found, {"cell"}, modality, kind);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(TrainedLogarithms, TheirBaseAndSizeFollowFromTheirSums) {
  const double of_2 = std::log(2.0);
  EXPECT_TRUE(trained_logarithm(trained(1, 1e6))->of_model);
  EXPECT_EQ(trained_logarithm(trained(1, 1e6))->log_of_base, 1);
  EXPECT_FALSE(trained_logarithm(trained(1, 4e5))->of_model) << "other genes had the rest of the million";
  EXPECT_TRUE(trained_logarithm(trained(of_2, 1e6))->of_model);
  EXPECT_EQ(trained_logarithm(trained(of_2, 1e6))->log_of_base, of_2);
  TrainedModality measured = trained(1, 1e6);
  measured.mean_expm1.assign(3, std::numeric_limits<double>::quiet_NaN());
  measured.mean_exp2m1 = measured.mean_expm1;
  EXPECT_FALSE(trained_logarithm(measured)) << "values that no logarithm has";
}

TEST(PrepareInput, CountsBecomeWhatTrainingCellsWere) {
  const auto found = table({"c", "x", "a", "b"}, row({70, 150, 10, 20}));
  const auto of_model = prepare_input(found, {"cell"}, trained(1, 1e6), InputKind::raw);
  const auto of_all = prepare_input(found, {"cell"}, trained(1, 4e5), InputKind::raw);
  const float counts[3] = {10, 20, 70};
  for (int feature = 0; feature < 3; ++feature) {
    EXPECT_NEAR(of_model.measured(0, feature), std::log1p(1e6 * counts[feature] / 100), rounding)
        << "a million over the model's genes";
    EXPECT_NEAR(of_all.measured(0, feature), std::log1p(1e6 * counts[feature] / 250), rounding)
        << "a million over all genes of the new table";
  }
}

/// As scanpy's normalize_total(1e4) makes them: a million, as counts are brought to, is a hundred times as
/// much.
TEST(PrepareInput, CountsForLogarithmsOfAnotherTotalAreRefused) {
  const auto found = table({"a", "b", "c"}, row({10, 20, 70}));
  const auto text = refusal(found, trained(1, 1e4), InputKind::raw);
  EXPECT_NE(text.find("ratio of the sums of counts 100"), std::string::npos) << text;
  EXPECT_EQ(refusal(found, trained(1, 1e6), InputKind::raw), "");
}

TEST(PrepareInput, CountsBecomeLogarithmsOfTheTrainingCellsBase) {
  const auto found = table({"a", "b", "c"}, row({10, 20, 70}));
  const auto prepared = prepare_input(found, {"cell"}, trained(std::log(2.0), 1e6), InputKind::raw);
  EXPECT_NEAR(prepared.measured(0, 1), std::log2(1 + 2e5), rounding);
}

TEST(PrepareInput, SharedGenesGetTheirShareOfTheMillion) {
  const auto prepared =
      prepare_input(table({"b", "a"}, row({30, 10})), {"cell"}, trained(1, 1e6), InputKind::raw);
  const double share = 0.15 + 0.2;  // of a and b in a training cell, on average
  EXPECT_NEAR(prepared.measured(0, 0), std::log1p(1e6 * share * 10 / 40), rounding);
  EXPECT_NEAR(prepared.measured(0, 1), std::log1p(1e6 * share * 30 / 40), rounding);
  EXPECT_TRUE(std::isnan(prepared.measured(0, 2)));
}

TEST(PrepareInput, LogarithmsOfAnyBaseAndSizeAreBroughtToTheTrainingCells) {
  const std::vector<std::string> names{"a", "b", "c"};
  const float natural[3] = {std::log1p(1e4F), std::log1p(2e4F), std::log1p(7e4F)};
  const auto from_e = prepare_input(table(names, row({natural[0], natural[1], natural[2]})), {"cell"},
                                    trained(1, 1e6), InputKind::log1p_cpm);
  const auto from_2 =
      prepare_input(table(names, row({std::log2(1 + 1e4F), std::log2(1 + 2e4F), std::log2(1 + 7e4F)})),
                    {"cell"}, trained(1, 1e6), InputKind::log2_cpm);
  const auto kept = prepare_input(table(names, row({natural[0], natural[1], natural[2]})), {"cell"},
                                  trained(1, 1e5), InputKind::log1p_cpm);
  // e to the power of a float32 near 11 keeps 1e-6 of itself, and the logarithm of a share as much.
  for (int feature = 0; feature < 3; ++feature) {
    const double expected = std::log1p(1e6 * std::vector{0.1, 0.2, 0.7}[static_cast<std::size_t>(feature)]);
    EXPECT_NEAR(from_e.measured(0, feature), expected, 4e-6);
    EXPECT_NEAR(from_2.measured(0, feature), expected, 4e-6);
    EXPECT_NEAR(kept.measured(0, feature), natural[feature], 4e-6) << "a part of a million stays that part";
  }
}

TEST(PrepareInput, ValuesAsInTrainingAreTakenAsTheyAre) {
  const MatrixF values = row({11.5F, missing_entry, 13.4F});
  const auto prepared =
      prepare_input(table({"a", "b", "c"}, values), {"cell"}, trained(1, 1e6), std::nullopt);
  EXPECT_EQ(prepared.measured(0, 0), 11.5F);
  EXPECT_TRUE(std::isnan(prepared.measured(0, 1)));
  const auto counts = prepare_input(table({"a", "b", "c"}, row({1, 2, 7})), {"cell"},
                                    trained(1, 1e6, data::Transform::log_cpm), std::nullopt);
  EXPECT_NEAR(counts.measured(0, 2), std::log1p(7e5), rounding) << "the run's data are counts themselves";
}

TEST(PrepareInput, OtherValuesThanTrainingsAreRefusedUnlessNamed) {
  const std::vector<std::string> names{"a", "b", "c"};
  const auto counts = table(names, row({100, 200, 700}));
  EXPECT_NE(refusal(counts, trained(1, 1e6), std::nullopt).find("--input raw"), std::string::npos);
  EXPECT_EQ(refusal(counts, trained(1, 1e6), InputKind::as_trained), "") << "the user's own word";
  TrainedModality volts = trained(1, 1e6);
  volts.mean = {0, 0, 0};
  volts.sd = {1, 1, 1};
  volts.mean_expm1.assign(3, std::numeric_limits<double>::quiet_NaN());
  volts.mean_exp2m1 = volts.mean_expm1;
  const auto raw = table(names, row({-65, -55, 20}));
  EXPECT_NE(refusal(raw, volts, std::nullopt).find("difference of means 55"), std::string::npos);
  EXPECT_NE(refusal(raw, volts, InputKind::raw).find("no logarithms"), std::string::npos);
}

TEST(PrepareInput, ALogarithmOfAnotherBaseIsSeenByItsSum) {
  const std::vector<std::string> names{"a", "b", "c"};
  TrainedModality broad = trained(1, 1e6);
  broad.sd = {3, 3, 3};  // as genes have that some cells lack
  const auto of_2 = table(names, row({std::log2(1e5F), std::log2(2e5F), std::log2(7e5F)}));
  EXPECT_NE(refusal(of_2, broad, std::nullopt).find("sums of counts"), std::string::npos);
  EXPECT_NE(refusal(of_2, broad, InputKind::log1p_cpm).find("a million at most"), std::string::npos);
}

TEST(PrepareInput, WhatIsNoCountIsRefused) {
  const std::vector<std::string> names{"a", "b", "c"};
  const auto text = refusal(table(names, row({10, -1, 70})), trained(1, 1e6), InputKind::raw);
  EXPECT_NE(text.find("cell 'cell', feature 'b': found -1"), std::string::npos) << text;
  EXPECT_NE(refusal(table(names, row({1.5F, 2, 7})), trained(1, 1e6), InputKind::raw).find("logarithms"),
            std::string::npos);
  EXPECT_NE(
      refusal(table({"a", "b", "x"}, row({0, 0, 9})), trained(1, 1e6), InputKind::raw).find("no counts"),
      std::string::npos);
}

TEST(Scaled, IsTheNetworksInput) {
  const MatrixF seen = scaled(row({3, missing_entry}), {{1, 1}, {4, 4}});
  EXPECT_EQ(seen(0, 0), 0.5F);
  EXPECT_TRUE(std::isnan(seen(0, 1)));
}

}  // namespace
}  // namespace cplae::predict
