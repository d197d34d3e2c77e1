#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cplae/study/parse.hpp"
#include "studies.hpp"

namespace cplae::study {
namespace {

using test::edited;
using test::error_of;
using test::small_study;

TEST(Override, ChangesKeysByTheirPath) {
  const Study study =
      parse_study(small_study(), "s.toml",
                  {"training.steps=8000", "experiment.cv.folds = 10", "modality.E.alpha=3",
                   "study.name=other name", "experiment.cv.vary.\"coupling.lambda\"=[0,1]",
                   "experiment.consensus.vary.modality.E.alpha=[1,2]", "labels.also=[\"family\"]",
                   "coupling.scale=norm", "modality.T.hidden=[]", "labels.taxonomy=trees/a.csv"});
  EXPECT_EQ(study.base.training.steps, 8000);
  EXPECT_EQ(study.experiments[0].folds, 10);
  EXPECT_EQ(study.base.modalities[1].alpha, 3.0);
  EXPECT_EQ(study.name, "other name");
  EXPECT_EQ(study.experiments[0].vary, (std::vector<VaryKey>{{"coupling.lambda", {0.0, 1.0}}}));
  EXPECT_EQ(study.experiments[1].vary, (std::vector<VaryKey>{{"modality.E.alpha", {1.0, 2.0}}}));
  EXPECT_EQ(study.labels.also, std::vector<std::string>{"family"});
  EXPECT_EQ(study.base.coupling.scale, CouplingScale::norm);
  EXPECT_TRUE(study.base.modalities[0].hidden.empty());
  EXPECT_EQ(study.labels.taxonomy, "trees/a.csv");
}

TEST(Override, TheLastOneOfAKeyCounts) {
  const Study study = parse_study(small_study(), "s.toml", {"training.steps=8000", "training.steps=9000"});
  EXPECT_EQ(study.base.training.steps, 9000);
}

TEST(Override, ReplacesVaryHoweverItWasWritten) {
  const std::string dotted = edited("vary.\"coupling.lambda\"", "vary.coupling.lambda");
  const Study study = parse_study(dotted, "s.toml", {"experiment.cv.vary.\"coupling.lambda\"=[2]"});
  EXPECT_EQ(study.experiments[0].vary, (std::vector<VaryKey>{{"coupling.lambda", {2.0}}}));
}

TEST(Override, FindsNamesWithDots) {
  std::string text = edited("\"T\"", "\"E.1\"");
  const Study study = parse_study(text, "s.toml", {"modality.E.1.alpha=7", "modality.E.alpha=8"});
  EXPECT_EQ(study.base.modalities[0].alpha, 7.0);
  EXPECT_EQ(study.base.modalities[1].alpha, 8.0);
}

TEST(Override, AddsATableThatTheFileLacks) {
  const Study study =
      parse_study("[[modality]]\nname='T'\n[[experiment]]\nname='x'", "s.toml", {"training.steps=900"});
  EXPECT_EQ(study.base.training.steps, 900);
}

TEST(Override, ErrorsNameTheArgument) {
  const auto message = [](const std::string& setting) { return error_of(small_study(), {setting}); };
  EXPECT_EQ(message("training.stepps=8"),
            "--set training.stepps=8: training.stepps: unknown key; did you mean training.steps?");
  EXPECT_EQ(
      message("training.steps=8k"),
      "--set training.steps=8k: training.steps: found \"8k\", expected a whole number in [1, 16777216]");
  EXPECT_EQ(message("training.steps="),
            "--set training.steps=: training.steps: found \"\", expected a whole number in [1, 16777216]");
  EXPECT_EQ(message("training.steps"),
            "--set training.steps: found no key=value, expected one such as training.steps=8000");
  EXPECT_EQ(message("=3"), "--set =3: found no key=value, expected one such as training.steps=8000");
  EXPECT_EQ(
      message("modality.F.alpha=1"),
      "--set modality.F.alpha=1: modality.F.alpha: found no such name with a key, expected one of T, E");
  EXPECT_EQ(message("modality.E=1"),
            "--set modality.E=1: modality.E: found no such name with a key, expected one of T, E");
  EXPECT_EQ(message("experiment.cv.vary.coupling.lamda=[1]"),
            "--set experiment.cv.vary.coupling.lamda=[1]: experiment.cv.vary.\"coupling.lamda\": unknown "
            "key; did you "
            "mean coupling.lambda?");
  EXPECT_EQ(message("trainng.steps=8"),
            "--set trainng.steps=8: trainng: unknown key; did you mean training?");
  EXPECT_EQ(message("experiment.consensus.folds=5"),
            "--set experiment.consensus.folds=5: experiment.consensus.folds: not a key of kind \"repeats\", "
            "only of kfold");
  EXPECT_EQ(message("study.name=a\nseed = 3"), "");  // one value, never further keys
  EXPECT_EQ(parse_study(small_study(), "s", {"study.name=1\nseed = 3"}).seed, 0U);
}

}  // namespace
}  // namespace cplae::study
