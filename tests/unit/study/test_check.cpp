#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/study/networks.hpp"
#include "cplae/study/parse.hpp"
#include "studies.hpp"

namespace cplae::study {
namespace {

using test::small_study;

constexpr std::size_t cells = 48;

data::Modality modality(const std::string& name, Eigen::Index features) {
  data::Modality m;
  m.name = name;
  m.values.resize(static_cast<Eigen::Index>(cells), features);
  for (Eigen::Index c = 0; c < m.values.rows(); ++c)
    for (Eigen::Index f = 0; f < features; ++f)
      m.values(c, f) = static_cast<float>(std::sin(7.0 * double(c) + double(f)));
  for (Eigen::Index f = 0; f < features; ++f)
    m.features.push_back(name + std::to_string(f));
  m.present.assign(cells, 1);
  return m;
}

void lose(data::Modality& m, std::size_t from, std::size_t to) {
  for (std::size_t c = from; c < to; ++c) {
    m.present[c] = 0;
    m.values.row(static_cast<Eigen::Index>(c)).setConstant(std::numeric_limits<float>::quiet_NaN());
  }
}

/// A copy of the experiment of that number under another name, on the splits of `owner`.
ExperimentSpec sharing(const Study& study, std::size_t number, const std::string& owner) {
  ExperimentSpec experiment = study.experiments[number];
  experiment.name = "sharing";
  experiment.split = owner;
  return experiment;
}

/// 48 cells in three modalities; 24 cells of type a, 12 of b, 11 of c, one without type.
data::Dataset cohort() {
  data::Dataset dataset;
  data::ObsColumn leaf{"leaf", true, {}, {}};
  data::ObsColumn age{"age", false, {}, {}};
  for (std::size_t c = 0; c < cells; ++c) {
    dataset.cells.push_back("cell" + std::to_string(c));
    leaf.text.push_back(c < 24 ? "a" : c < 36 ? "b" : c < 47 ? "c" : "");
    age.numbers.push_back(c < 20 ? 1.5 : c < 40 ? 2 : std::nan(""));
  }
  dataset.obs = {leaf, age};
  dataset.modalities = {modality("T", 8), modality("E", 5), modality("M", 6)};
  dataset.taxonomy.emplace(std::vector<data::Taxonomy::Node>{{"root", "", 2, false},
                                                             {"ab", "root", 1, false},
                                                             {"a", "ab", 0, true},
                                                             {"b", "ab", 0, true},
                                                             {"c", "root", 0, true}});
  return dataset;
}

using Edit = std::function<void(Study&, data::Dataset&)>;

std::string error_of(const Edit& edit) {
  Study study = parse_study(small_study(), "s.toml");
  data::Dataset dataset = cohort();
  edit(study, dataset);
  try {
    check_against(study, dataset);
  } catch (const UsageError& error) {
    return error.what();
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(KeepUsedCells, OfWhichNothingWasMeasuredAreThoseThatLackTheModality) {
  const Study study = parse_study(small_study(), "s.toml");
  data::Dataset dataset = cohort();
  dataset.modalities[1].values.row(3).setConstant(std::numeric_limits<float>::quiet_NaN());
  dataset.modalities[1].values(4, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(keep_used_cells(study, dataset), 0U);
  EXPECT_EQ(dataset.modalities[1].present[3], 0);
  EXPECT_EQ(dataset.modalities[1].present[4], 1);
  EXPECT_EQ(dataset.modalities[0].present[3], 1);
}

TEST(KeepUsedCells, LeavesOutThoseWithNoneOfTheModalities) {
  const Study study = parse_study(small_study(), "s.toml");  // T and E, not M
  data::Dataset dataset = cohort();
  EXPECT_EQ(keep_used_cells(study, dataset), 0U);
  EXPECT_EQ(dataset.cells.size(), cells);
  lose(dataset.modalities[0], 0, 10);
  lose(dataset.modalities[1], 5, 20);
  EXPECT_EQ(keep_used_cells(study, dataset), 5U);
  ASSERT_EQ(dataset.cells.size(), cells - 5);
  EXPECT_EQ(dataset.cells[4], "cell4");
  EXPECT_EQ(dataset.cells[5], "cell10");
  EXPECT_EQ(dataset.cells.back(), "cell47");
  const data::Dataset whole = cohort();
  for (std::size_t m = 0; m < 3; ++m) {
    const data::Modality& found = dataset.modalities[m];
    ASSERT_EQ(found.values.rows(), 43) << found.name;
    ASSERT_EQ(found.present.size(), 43U) << found.name;
    EXPECT_EQ(found.values.row(42), whole.modalities[m].values.row(47)) << found.name;
  }
  EXPECT_EQ(dataset.modalities[0].present[4], 0);  // has E
  EXPECT_EQ(dataset.modalities[0].present[5], 1);
  EXPECT_EQ(dataset.column("leaf").text[41], "c");
  EXPECT_EQ(dataset.column("leaf").text[42], "");
  EXPECT_EQ(dataset.column("age").numbers[15], 2.0);  // cell20
}

struct Case {
  Edit edit;
  std::string message;
};

void expect_messages(const std::vector<Case>& table) {
  for (std::size_t i = 0; i < table.size(); ++i)
    EXPECT_EQ(error_of(table[i].edit), table[i].message) << "case " << i;
}

TEST(CheckAgainst, AcceptsGoodStudies) {
  expect_messages({
      {[](Study&, data::Dataset&) {}, ""},
      {[](Study& s, data::Dataset&) { s.experiments[0].folds = 11; },
       ""},  // the smallest usable class, c, has 11 cells
      {[](Study& s, data::Dataset&) {
         s.labels = {};
         s.experiments[0].folds = 48;
         s.experiments[0].vary.clear();
       },
       ""},
      {[](Study& s, data::Dataset&) { s.base.modalities.pop_back(); }, ""},  // one modality
      {[](Study& s, data::Dataset&) { s.labels = {.column = "age", .taxonomy = "", .also = {"leaf"}}; }, ""},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].pc_cca = {{8, 5}};
       },
       ""},
      {[](Study& s, data::Dataset&) {
         s.experiments[1].components = {2, 38};
       },
       ""},
      // M is there for three cells in four, as in real data.
      {[](Study& s, data::Dataset& d) {
         s.base.modalities[1].name = "M";
         lose(d.modalities[2], 0, 12);
       },
       ""},
  });
}

TEST(CheckAgainst, NamesWhatTheDataLack) {
  const auto starts = [](const Edit& edit, const std::string& word) {
    EXPECT_NE(error_of(edit).find(word), std::string::npos) << error_of(edit);
  };
  starts([](Study& s, data::Dataset&) { s.base.modalities[1].name = "X"; }, "X");
  starts([](Study& s, data::Dataset&) { s.labels.column = "leav"; }, "leav");
  starts([](Study& s, data::Dataset&) { s.labels.also = {"famly"}; }, "famly");
  starts(
      [](Study& s, data::Dataset&) {
        s.labels.taxonomy = "no/such.csv";
        s.folder = "nowhere";
      },
      "nowhere/no/such.csv");
  starts(
      [](Study& s, data::Dataset& d) {
        s.base.modalities[0].transform = data::Transform::log_cpm;
        d.modalities[0].values(3, 2) = -1;
      },
      "cell");
}

/// Another label for the cells of a range.
Edit relabel(std::size_t from, std::size_t to, const std::string& label) {
  return [=](Study&, data::Dataset& d) {
    for (std::size_t c = from; c < to; ++c)
      d.obs[0].text[c] = label;
  };
}

TEST(CheckAgainst, ChecksLabels) {
  expect_messages({
      {relabel(5, 16, "aa"),
       "obs column leaf, cell cell5: found \"aa\", expected a leaf of the taxonomy; nearest is \"a\""},
      {relabel(5, 16, "ab"),  // an inner node
       "obs column leaf, cell cell5: found \"ab\", expected a leaf of the taxonomy; nearest is \"a\""},
      // Ten cells make no usable class: they are named in a warning and left unlabelled where the tree is
      // cut.
      {relabel(5, 15, "aa"), ""},
      {relabel(0, cells, ""), "obs column leaf: found no label, expected some"},
      {[](Study&, data::Dataset& d) { d.taxonomy.reset(); },
       "labels.taxonomy: found no table uns/taxonomy in the data, expected one for \"data\""},
  });
}

TEST(CheckAgainst, ChecksFolds) {
  const std::string rule =
      ", the smallest usable class; experiment.cv.rare_classes = \"spread\" allows folds without it";
  expect_messages({
      {[](Study& s, data::Dataset&) { s.experiments[0].folds = 12; },
       "experiment.cv.folds: found 12, expected at most the 11 cells of \"c\"" + rule},
      // A class of ten cells is not usable and binds nobody.
      {[](Study& s, data::Dataset& d) {
         s.experiments[0].folds = 12;
         d.obs[0].text[36] = "";
       },
       ""},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].folds = 12;
         s.experiments[0].rare_classes = RareClasses::spread;
       },
       ""},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].folds = 49;
         s.experiments[0].rare_classes = RareClasses::spread;
       },
       "experiment.cv.folds: found 49, expected at most the 48 cells of the data"},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].folds = 49;
         s.labels = {};
       },
       "experiment.cv.folds: found 49, expected at most the 48 cells of the data"},
  });
}

TEST(CheckAgainst, ChecksThatModalitiesMeet) {
  const auto apart = [](Study& s, data::Dataset& d) {
    lose(d.modalities[0], 0, 24);
    lose(d.modalities[1], 24, 48);
    s.experiments.pop_back();
  };
  const auto few = [](Study& s, data::Dataset& d) {
    lose(d.modalities[1], 5, 48);
    s.experiments.pop_back();
    s.experiments[0].folds = 2;
    s.labels = {};
  };
  expect_messages({
      {[&](Study& s, data::Dataset& d) { apart(s, d); },
       "modalities T and E: found no cell that has both, expected some to couple them (or coupling.lambda = "
       "0)"},
      {[&](Study& s, data::Dataset& d) {
         apart(s, d);
         s.experiments[0].vary[0].values = {0.0};
       },
       ""},
      {[&](Study& s, data::Dataset& d) {
         lose(d.modalities[1], 0, 47);
         s.experiments.pop_back();
       },
       "experiment.cv: fold 0 leaves 1 training and 0 held-out cells of modality E, expected at least 2 and "
       "1"},
  });
  const std::string message = error_of(few);
  EXPECT_NE(message.find("expected at least"), std::string::npos) << message;
  // A third modality of the data that the study does not name may be empty.
  EXPECT_EQ(error_of([](Study&, data::Dataset& d) { lose(d.modalities[2], 0, 48); }), "");
}

TEST(CheckAgainst, ChecksMeasures) {
  expect_messages({
      {[](Study& s, data::Dataset&) {
         s.experiments[1].components = {2, 39};
       },
       "experiment.consensus.components: found 39, expected at most the 38 training cells of modality T"},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].pc_cca = {{9, 5}};
       },
       "experiment.cv.pc_cca: found 9 components of modality T, expected at most its 8 features"},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].pc_cca = {{8, 6}};
       },
       "experiment.cv.pc_cca: found 6 components of modality E, expected at most its 5 features"},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].pc_cca = {{4, 4}};
         s.base.modalities.pop_back();
       },
       "experiment.cv.pc_cca: found one modality, expected at least two"},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].baselines = {"mean", "lasso"};
       },
       "experiment.cv.baselines: found \"lasso\", expected mean, neighbours, ridge, reduced_rank"},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].baselines = {"ridge", "ridge"};
       },
       "experiment.cv.baselines: found \"ridge\" twice, expected each baseline once"},
      {[](Study& s, data::Dataset&) { s.experiments[1].baselines = {"ridge"}; },
       "experiment.consensus.baselines: not a key of kind \"repeats\", only of kfold"},
      {[](Study& s, data::Dataset&) {
         s.experiments[0].baselines = {"mean"};
         s.base.modalities.pop_back();
       },
       "experiment.cv.baselines: found one modality, expected at least two"},
      {[](Study& s, data::Dataset&) { s.experiments[0].reference = "cv,lambda=7"; },
       "experiment.cv.reference: found \"cv,lambda=7\", expected a variant: \"cv,lambda=0\", "
       "\"cv,lambda=0.5\""},
      {[](Study& s, data::Dataset&) { s.experiments[1].reference = "consensus"; },
       "experiment.consensus.reference: not a key of kind \"repeats\", only of kfold"},
  });
}

TEST(CheckAgainst, ChecksSharedSplits) {
  expect_messages({
      {[](Study& s, data::Dataset&) { s.experiments[1].split = "cv2"; },
       "experiment.consensus.split: found \"cv2\", expected the name of another experiment"},
      {[](Study& s, data::Dataset&) { s.experiments[0].split = "cv"; },
       "experiment.cv.split: found \"cv\", expected another experiment"},
      {[](Study& s, data::Dataset&) { s.experiments[1].split = "cv"; },
       "experiment.consensus.split: found \"cv\", of kind kfold, which has no splits for kind repeats"},
      {[](Study& s, data::Dataset&) { s.experiments.emplace_back(sharing(s, 0, "cv")).folds = 5; },
       "experiment.sharing.split: found \"cv\", which has 4 folds, expected 5"},
      {[](Study& s, data::Dataset&) {
         s.experiments.emplace_back(sharing(s, 1, "consensus")).test_fraction = 0.5;
       },
       "experiment.sharing.split: found \"consensus\", whose test_fraction is 0.2, expected 0.5"},
      {[](Study& s, data::Dataset&) {
         s.experiments.emplace_back(sharing(s, 0, "cv"));
         s.experiments[0].split = "sharing";
       },
       "experiment.cv.split: found \"sharing\", which has the splits of \"cv\", expected that one"},
      {[](Study& s, data::Dataset&) {
         s.experiments.emplace_back(sharing(s, 0, "cv")).reference = "cv,lambda=2";
       },
       "experiment.sharing.reference: found \"cv,lambda=2\", expected a variant: \"cv,lambda=0\", "
       "\"cv,lambda=0.5\", \"sharing,lambda=0\", \"sharing,lambda=0.5\""},
  });
}

TEST(CheckAgainst, ChecksTraining) {
  expect_messages({
      {[](Study& s, data::Dataset&) { s.base.training.warm_up = 1001; },
       "training.warm_up: found 1001, expected at most training.steps = 1000 (variant cv,lambda=0)"},
      {[](Study& s, data::Dataset&) { s.base.training.patience = 5; },
       "training.patience: found 5 where the last network is kept (keep_best_after = 10000 lies beyond steps "
       "= 1000), expected 0 (variant cv,lambda=0)"},
      {[](Study& s, data::Dataset&) { s.base.training.batch = 1; },
       "training.batch: found 1, expected a whole number in [2, 1000000]"},
      {[](Study& s, data::Dataset&) {
         s.experiments[1].pc_cca = {{4, 4}};
       },
       "experiment.consensus.pc_cca: not a key of kind \"repeats\", only of kfold"},
      {[](Study& s, data::Dataset&) { s.seed = std::uint64_t{1} << 63U; },
       "study.seed: found -9223372036854775808, expected a whole number in [0, 9223372036854775807]"},
  });
}

TEST(Prepare, TakesTheModalitiesOfTheStudyInItsOrder) {
  Study study = parse_study(small_study(), "s.toml");
  study.base.modalities[0].name = "M";
  study.base.modalities[1].transform = data::Transform::zscore;
  const data::Dataset dataset = cohort();
  const StudyData prepared = prepare(study, dataset);
  ASSERT_EQ(prepared.modalities.size(), 2U);
  EXPECT_EQ(prepared.modalities[0].name, "M");
  EXPECT_EQ(prepared.modalities[0].values, dataset.modalities[2].values);
  EXPECT_EQ(prepared.modalities[1].name, "E");
  ASSERT_EQ(prepared.scaling.size(), 2U);
  // zscore: mean 0 over 48 cells of size about 1, in single precision.
  EXPECT_NEAR(prepared.modalities[1].values.col(0).mean(), 0.0, 1e-5);
}

TEST(StratificationLabels, AreTheColumnAsText) {
  Study study = parse_study(small_study(), "s.toml");
  const data::Dataset dataset = cohort();
  EXPECT_EQ(stratification_labels(study, dataset), dataset.obs[0].text);
  study.labels.column = "age";
  const auto ages = stratification_labels(study, dataset);
  EXPECT_EQ(ages[0], "1.5");
  EXPECT_EQ(ages[20], "2");
  EXPECT_EQ(ages[47], "");
  study.labels.column = "";
  EXPECT_EQ(stratification_labels(study, dataset), std::vector<std::string>(cells));
}

}  // namespace
}  // namespace cplae::study
