// Regressions on all directions of a fold can take long: a stop need not wait for the last one.
#include <gtest/gtest.h>

#include <algorithm>

#include "cplae/core/error.hpp"
#include "cplae/data/simulate.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/study/parse.hpp"

namespace cplae::reduce {
namespace {

constexpr const char* regression_study = R"(
[[modality]]
name = "T"
[[modality]]
name = "E"
[labels]
column = "leaf"
[[experiment]]
name = "cv"
kind = "kfold"
folds = 3
baselines = ["mean"]
)";

TEST(EvaluateRegression, StopsBetweenDirections) {
  Context context = make_context(study::parse_study(regression_study, "test"),
                                 data::simulate(data::preset("tiny"), 1).dataset);
  const auto units = list_units(context);
  const auto unit = std::find_if(units.begin(), units.end(),
                                 [](const auto& each) { return each.type == UnitType::regression; });
  ASSERT_NE(unit, units.end());
  const store::UnitStore none(store::RunFolder("none"));
  int asked = 0;
  int enough = 1000;
  context.stop = [&] { return ++asked >= enough; };
  EXPECT_EQ(failure(compute_unit(context, *unit, none)), "");
  EXPECT_EQ(asked, 2) << "T to E and E to T";
  for (enough = 1; enough <= 2; ++enough) {
    asked = 0;
    EXPECT_THROW(static_cast<void>(compute_unit(context, *unit, none)), Stopped);
  }
}

}  // namespace
}  // namespace cplae::reduce
