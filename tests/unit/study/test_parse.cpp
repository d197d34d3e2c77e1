#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/study/parse.hpp"
#include "studies.hpp"

namespace cplae::study {
namespace {

using test::edited;
using test::error_of;
using test::small_study;

struct Wrong {
  std::string from, to;  // edit of small_study()
  std::string message;
};

class WrongStudy : public testing::TestWithParam<Wrong> {};

TEST_P(WrongStudy, IsRefusedInOneLine) {
  const Wrong& wrong = GetParam();
  const std::string message = error_of(edited(wrong.from, wrong.to));
  EXPECT_EQ(message, wrong.message);
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, WrongStudy,
    testing::Values(
        Wrong{"lambda = 1", "lamda = 1",
              "s.toml:10: coupling.lamda: unknown key; did you mean coupling.lambda?"},
        Wrong{"[coupling]", "[cupling]", "s.toml:9: cupling: unknown key; did you mean coupling?"},
        Wrong{"lambda = 1", "batch = 9",
              "s.toml:10: coupling.batch: unknown key; did you mean training.batch?"},
        Wrong{"lambda = 1", "alpha = 1",
              "s.toml:10: coupling.alpha: unknown key; did you mean modality.<name>.alpha?"},
        Wrong{"lambda = 1", "nothing_like_it = 1",
              "s.toml:10: coupling.nothing_like_it: unknown key; expected one of lambda, scale, "
              "augment_decoders, augment_encoders"},
        Wrong{"alpha = 2", "alfa = 2",
              "s.toml:8: modality.E.alfa: unknown key; did you mean modality.E.alpha?"},
        Wrong{"folds = 4", "fold = 4",
              "s.toml:18: experiment.cv.fold: unknown key; did you mean experiment.cv.folds?"},
        Wrong{"\"coupling.lambda\"", "\"coupling.lamda\"",
              "s.toml:19: experiment.cv.vary.\"coupling.lamda\": unknown key; did you mean coupling.lambda?"},
        Wrong{"\"coupling.lambda\"", "lambda",
              "s.toml:19: experiment.cv.vary.lambda: unknown key; did you mean coupling.lambda?"},
        Wrong{"\"coupling.lambda\" = [0, 0.5]", "\"modality.F.alpha\" = [1]",
              "s.toml:19: experiment.cv.vary.\"modality.F.alpha\": unknown key; did you mean "
              "modality.T.alpha?"},
        Wrong{"\"coupling.lambda\" = [0, 0.5]", "\"modality.E.transform\" = [\"none\"]",
              "s.toml:19: experiment.cv.vary.\"modality.E.transform\": cannot vary: it is the same for all "
              "networks "
              "of a study"}));

INSTANTIATE_TEST_SUITE_P(
    TypesAndRanges, WrongStudy,
    testing::Values(
        Wrong{"dropout = 0.5", "dropout = 1.5",
              "s.toml:5: modality.T.dropout: found 1.5, expected a number in [0, 1)"},
        Wrong{"dropout = 0.5", "dropout = 1",
              "s.toml:5: modality.T.dropout: found 1, expected a number in [0, 1)"},
        Wrong{"dropout = 0.5", "dropout = nan",
              "s.toml:5: modality.T.dropout: found nan, expected a number in [0, 1)"},
        Wrong{"dropout = 0.5", "dropout = \"0.5\"",
              "s.toml:5: modality.T.dropout: found \"0.5\", expected a number in [0, 1)"},
        Wrong{"dropout = 0.5", "dropout = 1979-05-27",
              "s.toml:5: modality.T.dropout: found a date or time, expected a number in [0, 1)"},
        Wrong{"dropout = 0.5", "hidden = [50, 0]",
              "s.toml:5: modality.T.hidden: found [50, 0], expected a list of whole numbers in [1, 65536]"},
        Wrong{"dropout = 0.5", "hidden = 50",
              "s.toml:5: modality.T.hidden: found 50, expected a list of whole numbers in [1, 65536]"},
        Wrong{
            "dropout = 0.5", "output = \"rellu\"",
            "s.toml:5: modality.T.output: found \"rellu\", expected one of linear, relu; did you mean relu?"},
        Wrong{"steps = 1000", "steps = 1e3",
              "s.toml:12: training.steps: found 1000.0, expected a whole number in [1, 16777216]"},
        Wrong{"steps = 1000", "steps = 16777217",
              "s.toml:12: training.steps: found 16777217, expected a whole number in [1, 16777216]"},
        Wrong{"steps = 1000", "batch = 1",
              "s.toml:12: training.batch: found 1, expected a whole number in [2, 1000000]"},
        Wrong{"steps = 1000", "learning_rate = 0",
              "s.toml:12: training.learning_rate: found 0, expected a number in (0, 10]"},
        Wrong{"name = \"small\"", "seed = -1",
              "s.toml:2: study.seed: found -1, expected a whole number in [0, 9223372036854775807]"},
        Wrong{"lambda = 1", "augment_decoders = 1",
              "s.toml:10: coupling.augment_decoders: found 1, expected true or false"},
        Wrong{"taxonomy = \"data\"", "also = \"family\"",
              "s.toml:15: labels.also: found \"family\", expected a list of strings"},
        Wrong{"folds = 4", "pc_cca = [10, 10]",
              "s.toml:18: experiment.cv.pc_cca: found [10, 10], expected a list of pairs of whole numbers in "
              "[1, 1000000]"},
        Wrong{"[coupling]\nlambda = 1", "coupling = 3",
              "s.toml:9: modality.E.coupling: unknown key; expected one of name, "
              "source, transform, feature_weight, hidden, dropout, noise_sd, decoder_dropout, output, "
              "output_bias, alpha, "
              "panel"},
        Wrong{"vary.\"coupling.lambda\" = [0, 0.5]", "vary = 3",
              "s.toml:19: experiment.cv.vary: found 3, expected a table [experiment.cv.vary]"},
        Wrong{"[0, 0.5]", "0.5",
              "s.toml:19: experiment.cv.vary.\"coupling.lambda\": found 0.5, expected a list of values"},
        Wrong{"[0, 0.5]", "[]",
              "s.toml:19: experiment.cv.vary.\"coupling.lambda\": found [], expected a list of values"},
        Wrong{
            "[0, 0.5]", "[0, -1]",
            "s.toml:19: experiment.cv.vary.\"coupling.lambda\": found -1, expected a number in [0, 1000000]"},
        Wrong{"[0, 0.5]", "[0, true]",
              "s.toml:19: experiment.cv.vary.\"coupling.lambda\": found true, expected a number in [0, "
              "1000000]"}));

INSTANTIATE_TEST_SUITE_P(
    NamesAndKinds, WrongStudy,
    testing::Values(
        Wrong{"\"T\"", "\"T/1\"",
              "s.toml:4: modality[1].name: found \"T/1\", expected 1 to 64 of the characters A-Z a-z 0-9 _ . "
              "- (not dots alone)"},
        Wrong{"\"cv\"", "\"..\"",
              "s.toml:17: experiment[1].name: found \"..\", expected 1 to 64 of the characters A-Z a-z 0-9 _ "
              ". - (not dots alone)"},
        Wrong{"name = \"cv\"\n", "", "s.toml:16: experiment[1].name: found none, expected a name"},
        Wrong{"\"T\"", "\"E\"", "s.toml:6: modality.E: two of this name, expected different names"},
        Wrong{"\"consensus\"", "\"cv\"",
              "s.toml:20: experiment.cv: two of this name, expected different names"},
        Wrong{"initialisations = 3", "folds = 3",
              "s.toml:23: experiment.consensus.folds: not a key of kind \"repeats\", only of kfold"},
        Wrong{"initialisations = 3", "pc_cca = [[3, 3]]",
              "s.toml:23: experiment.consensus.pc_cca: not a key of kind \"repeats\", only of kfold"},
        Wrong{"folds = 4", "test_fraction = 0.2",
              "s.toml:18: experiment.cv.test_fraction: not a key of kind \"kfold\", only of repeats, sweep"},
        Wrong{"\"repeats\"", "\"kfolds\"",
              "s.toml:22: experiment.consensus.kind: found \"kfolds\", expected one of kfold, repeats, "
              "sweep; did you mean kfold?"}));

INSTANTIATE_TEST_SUITE_P(
    KeysThatMustFit, WrongStudy,
    testing::Values(
        Wrong{
            "[0, 0.5]", "[0.5, 0.50]",
            "s.toml:19: experiment.cv.vary.\"coupling.lambda\": found 0.5 twice, expected different values"},
        Wrong{"[0, 0.5]", "[1, 1.0]",
              "s.toml:19: experiment.cv.vary.\"coupling.lambda\": found 1 twice, expected different values"},
        Wrong{"[0, 0.5]", "[0]\nvary.coupling.lambda = [1]",
              "s.toml:19: experiment.cv.vary.\"coupling.lambda\": given twice, expected once"},
        Wrong{"initialisations = 3", "components = [5, 4]",
              "s.toml:23: experiment.consensus.components: found [5, 4], expected [first, last], first <= "
              "last"},
        Wrong{"initialisations = 3", "components = [5]",
              "s.toml:23: experiment.consensus.components: found [5], expected [first, last], first <= last"},
        Wrong{"folds = 4", "classes = [5, 5]",
              "s.toml:18: experiment.cv.classes: found a value twice in [5, 5], expected different ones"},
        Wrong{"taxonomy = \"data\"\n[[experiment]]", "[[experiment]]\nclasses = [5]",
              "s.toml:16: experiment.cv.classes: found resolutions of a taxonomy without labels.taxonomy"},
        Wrong{"column = \"leaf\"", "", "s.toml:15: labels.taxonomy: found \"data\" without labels.column"},
        Wrong{"column = \"leaf\"\ntaxonomy = \"data\"", "also = [\"x\"]",
              "s.toml:14: labels.also: found columns without labels.column"},
        Wrong{"folds = 4", "pc_cca = [[3, 2]]",
              "s.toml:18: experiment.cv.pc_cca: found [3, 2], expected at least training.latent_dim = 3 "
              "components of each "
              "(variant cv,lambda=0)"},
        Wrong{"steps = 1000", "steps = 400",
              "s.toml: training.validate_every: found 500, expected at most training.steps = 400 (variant "
              "cv,lambda=0)"},
        Wrong{"steps = 1000", "batch = 4",
              "s.toml:12: training.batch: found 4, expected at least training.latent_dim + 2 = 5 for latents "
              "to "
              "be coupled "
              "(variant cv,lambda=0.5)"},
        Wrong{"folds = 4", "folds = 600000",
              "s.toml:16: experiment.cv: makes more than 1000000 networks, expected fewer"}));

TEST(ParseStudy, DefaultsAreThoseOfTheStructs) {
  const Study study = parse_study("[[modality]]\nname = \"T\"\n[[experiment]]\nname = \"x\"\n", "s.toml");
  ModalitySpec modality;
  modality.name = "T";
  EXPECT_EQ(study.base.modalities, std::vector<ModalitySpec>{modality});
  EXPECT_EQ(study.base.coupling, CouplingSpec{});
  EXPECT_EQ(study.base.training, TrainingSpec{});
  EXPECT_EQ(study.labels, LabelsSpec{});
  ExperimentSpec experiment;
  experiment.name = "x";
  EXPECT_EQ(study.experiments, std::vector<ExperimentSpec>{experiment});
}

TEST(ParseStudy, NeedsAModalityAndAnExperiment) {
  EXPECT_EQ(error_of(""), "s.toml: modality: found none, expected at least one [[modality]]");
  EXPECT_EQ(error_of("[[modality]]\nname = \"T\""),
            "s.toml: experiment: found none, expected at least one [[experiment]]");
  EXPECT_EQ(error_of("[modality]\nname = \"T\""),
            "s.toml:1: modality: found a table, expected tables [[modality]]");
  EXPECT_EQ(error_of("modality = [1]"), "s.toml:1: modality: found 1, expected tables [[modality]]");
  EXPECT_EQ(error_of("coupling = 3"), "s.toml:1: coupling: found 3, expected a table [coupling]");
}

TEST(ParseStudy, ReadsEveryWayToWriteVary) {
  const Study quoted = parse_study(small_study(), "s.toml");
  const std::string line = "vary.\"coupling.lambda\" = [0, 0.5]";
  for (const std::string other :
       {"vary.coupling.lambda = [0, 0.5]", "vary = {\"coupling.lambda\" = [0.0, 0.50]}",
        "[experiment.vary]\n\"coupling.lambda\" = [0, 5e-1]",
        "[experiment.vary.coupling]\nlambda = [0, 0.5]"})
    EXPECT_EQ(parse_study(edited(line, other), "s.toml"), quoted) << other;
}

TEST(ParseStudy, WholeNumbersAreNumbersWhereThoseAreExpected) {
  const Study study = parse_study(small_study(), "s.toml");
  EXPECT_EQ(study.base.modalities[1].alpha, 2.0);
  EXPECT_EQ(std::get<double>(study.experiments[0].vary[0].values[0]), 0.0);
}

TEST(ParseStudy, RefusesWhatWouldOverwhelmTheParser) {
  EXPECT_EQ(error_of(std::string(std::size_t{1} << 21U, '#')),
            "s.toml: found 2097152 bytes, expected a study of at most 1048576");
  const std::string deep = "\n# [[[[\nx = '[[[' # fine\ny = " + std::string(33, '[') + std::string(33, ']');
  EXPECT_EQ(error_of(deep), "s.toml:4: nested deeper than 32 levels");
  std::string dotted = "a";
  for (int i = 0; i < 100000; ++i)
    dotted += ".a";
  EXPECT_EQ(error_of(dotted + " = 1"), "s.toml:1: nested deeper than 32 levels");
  EXPECT_EQ(error_of("x = {y = \"\"\"quote\"\"\"\", " + dotted + " = 1}"),
            "s.toml:1: nested deeper than 32 levels");
  EXPECT_NE(error_of("x = " + std::string(100000, '{')).find("nested deeper"), std::string::npos);
}

TEST(ParseStudy, NamesTheLineOfTextThatIsNoToml) {
  EXPECT_EQ(error_of("[study]\nname = = 3\n").rfind("s.toml:2: not TOML: ", 0), 0U);
  EXPECT_EQ(error_of("[study]\nname = \"a\"\nname = \"b\"\n").rfind("s.toml:3: not TOML: ", 0), 0U);
  EXPECT_EQ(error_of("name = \"\xff\"").rfind("s.toml:1: not TOML: ", 0), 0U);
}

TEST(ReadStudy, NamesAFileThatIsNotThere) {
  try {
    static_cast<void>(read_study("no/such/study.toml"));
    FAIL() << "expected a UsageError";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("no/such/study.toml"), std::string::npos);
  }
}

TEST(Recipe, GivesDefaultsAndTheStudyTheRest) {
  const std::string text = R"(
[study]
recipe = "lean"
[[modality]]
name = "T"
[[modality]]
name = "E"
output_bias = "zero"
[training]
batch = 50
[[experiment]]
name = "cv"
kind = "kfold"
)";
  const Study lean = parse_study(text, "s.toml");
  EXPECT_EQ(lean.base.training.schedule, RateSchedule::cosine);
  EXPECT_EQ(lean.base.training.batch, 50);
  EXPECT_EQ(lean.base.modalities[0].output_bias, OutputBias::mean);
  EXPECT_EQ(lean.base.modalities[1].output_bias, OutputBias::zero);
  EXPECT_EQ(parse_study(text, "s.toml", {"study.recipe=paper"}).base.training.schedule,
            RateSchedule::constant);
  // What is written says everything, so it reads back as the same study whatever a recipe becomes.
  EXPECT_EQ(parse_study(to_toml(lean), "s.toml"), lean);
}

}  // namespace
}  // namespace cplae::study
