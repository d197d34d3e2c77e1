// Which units a study lists for types and ensembles, which panels they were computed with, and what baselines
// leave for them.
#include <gtest/gtest.h>

#include <algorithm>

#include "cplae/core/error.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/study/parse.hpp"
#include "reduce/parts.hpp"
#include "reduce/prediction_record.hpp"

namespace cplae::reduce {
namespace {

constexpr const char* modalities = R"(
[[modality]]
name = "T"
[[modality]]
name = "E"
)";
constexpr const char* experiments = R"(
[[experiment]]
name = "cv"
kind = "kfold"
folds = 3
vary."coupling.lambda" = [0, 1]
pc_cca = [[4, 4]]
baselines = ["ridge"]
[[experiment]]
name = "two"
kind = "repeats"
initialisations = 2
[[experiment]]
name = "many"
kind = "sweep"
initialisations = 3
vary."modality.E.alpha" = [1, 2]
)";

/// As `cplae status` has it: no data.
Context context_of(const std::string& labels) {
  Context context;
  context.study = study::parse_study(modalities + labels + experiments, "test");
  context.plan = study::make_plan(context.study);
  return context;
}

std::vector<StatisticsUnit> of_layer(const Context& context, std::size_t layer) {
  std::vector<StatisticsUnit> units;
  for (auto& unit : list_units(context))
    if (layer_of(unit.type) == layer) units.push_back(unit);
  return units;
}

std::vector<std::string> ids_of_layer(const Context& context, std::size_t layer) {
  std::vector<std::string> ids;
  for (const auto& unit : of_layer(context, layer))
    ids.push_back(unit.id);
  return ids;
}

TEST(ListUnits, TypesOfEveryVariantAndBaselineWithFoldsAndEnsemblesOfThree) {
  EXPECT_EQ(ids_of_layer(context_of("[labels]\ncolumn = \"leaf\"\n"), 1),
            (std::vector<std::string>{"types,cv,lambda=0", "types,cv,lambda=1", "types,cv,pc_cca=4x4",
                                      "types,cv,baseline=ridge", "ensemble,many,alpha_E=1",
                                      "ensemble,many,alpha_E=2"}));
  EXPECT_EQ(ids_of_layer(context_of(""), 1),
            (std::vector<std::string>{"ensemble,many,alpha_E=1", "ensemble,many,alpha_E=2"}));
}

TEST(ListUnits, TypesOfBaselinesReadThoseOfTheirFolds) {
  const Context context = context_of("[labels]\ncolumn = \"leaf\"\n");
  const auto first = ids_of_layer(context, 0);
  for (const auto& unit : of_layer(context, 1)) {
    if (unit.type != UnitType::types) continue;
    EXPECT_EQ(is_baseline(unit), unit.pooled != UnitType::evaluation);
    EXPECT_EQ(context.plan.networks[unit.network].replicate, 0);
    if (!is_baseline(unit)) continue;
    for (std::int64_t fold = 0; fold < 3; ++fold)
      EXPECT_EQ(std::count(first.begin(), first.end(), fold_id(context, unit, fold)), 1)
          << fold_id(context, unit, fold);
  }
}

TEST(ListUnits, OneCalibrationForEachEnsembleOfACrossValidation) {
  Context context;
  context.study = study::parse_study(std::string(modalities) + R"(
[[experiment]]
name = "cv"
kind = "kfold"
folds = 2
members = 2
vary."coupling.lambda" = [0, 1]
)",
                                     "test");
  context.plan = study::make_plan(context.study);
  EXPECT_EQ(ids_of_layer(context, 1), (std::vector<std::string>{"calibration,cv,lambda=0,members=2",
                                                                "calibration,cv,lambda=1,members=2"}));
  const auto first = ids_of_layer(context, 0);
  for (const auto& unit : of_layer(context, 1)) {
    EXPECT_TRUE(is_baseline(unit) && is_average(unit));
    EXPECT_EQ(unit.id, "calibration," + baseline_variant(context, unit));
    for (std::int64_t fold = 0; fold < 2; ++fold)
      EXPECT_EQ(std::count(first.begin(), first.end(), fold_id(context, unit, fold)), 1);
  }
}

TEST(Panels, AnotherPanelIsAnotherVersionOfTypesAlone) {
  Context context = context_of("[labels]\ncolumn = \"leaf\"\n");
  context.data.modalities = {{"T", {"a", "b", "c", "d"}, {}, {}}, {"E", {"a", "b", "c"}, {}, {}}};
  context.panels = {{{0, 1, 2}, {}}, {}};
  // A unit without its networks has no result, but knows with which features it was tried.
  Record record;
  record.text = {{"id", "types,cv,lambda=0"}, {"statistics_version", statistics_version(UnitType::types)}};
  record.text["panels"] = "of another list";
  EXPECT_TRUE(is_of_this_version(record));
  EXPECT_FALSE(is_of_this_version(context, record));
  EXPECT_FALSE(is_current(context, record));
  Record other;
  other.text = {{"id", "ensemble,many"}, {"statistics_version", statistics_version(UnitType::ensemble)}};
  EXPECT_TRUE(is_current(context, other));
}

TEST(PredictionRecord, KeepsEveryBit) {
  Record record;
  MatrixF predicted(2, 3);
  predicted << 1.5F, -0.0F, 3e-30F, 4, 5, 0.1F;
  put(record, Direction{0, 1}, predicted);
  EXPECT_EQ(get_prediction(decode(encode(record), "test"), {0, 1}), predicted);
  EXPECT_FALSE(get_prediction(record, {1, 0}));
  EXPECT_FALSE(get_average(record, {0}, 1)) << "it has no spread";
  put(record, {0, 2}, 1, {predicted, 2 * predicted});
  const auto average = get_average(decode(encode(record), "test"), {0, 2}, 1);
  ASSERT_TRUE(average);
  EXPECT_EQ(average->mean, predicted);
  EXPECT_EQ(average->spread, 2 * predicted);
  record.arrays["prediction/1/0"] = {{2}, std::vector<double>{1, 2}};
  EXPECT_THROW(static_cast<void>(get_prediction(record, {1, 0})), DataError);
}

}  // namespace
}  // namespace cplae::reduce
