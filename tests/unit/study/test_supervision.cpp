#include "cplae/study/supervision.hpp"

#include <gtest/gtest.h>

#include "cplae/study/parse.hpp"

namespace cplae::study {
namespace {

struct Group {
  std::string leaf;
  std::string family;
  std::size_t cells;
};

/// Types of 20 cells each but for two rare ones, in families; 6 cells have no label. `donor` goes round.
data::Dataset cohort(const std::vector<Group>& groups) {
  data::Dataset dataset;
  data::ObsColumn leaf;
  data::ObsColumn family;
  data::ObsColumn donor;
  leaf.name = "leaf";
  family.name = "family";
  donor.name = "donor";
  for (const auto& group : groups)
    for (std::size_t i = 0; i < group.cells; ++i) {
      dataset.cells.push_back("c" + std::to_string(dataset.cells.size()));
      leaf.text.push_back(group.leaf);
      family.text.push_back(group.family);
      donor.text.push_back(i % 3 == 0 ? "d1" : "d2");
    }
  dataset.obs = {leaf, family, donor};
  return dataset;
}

data::Dataset usual() {
  return cohort(
      {{"a1", "A", 20}, {"a2", "A", 20}, {"a3", "A", 5}, {"b1", "B", 20}, {"b2", "B", 4}, {"", "", 6}});
}

Study study_with(std::vector<std::string> also) {
  Study study;
  study.labels.column = "leaf";
  study.labels.also = std::move(also);
  return study;
}

TEST(Types, AreTheClassesOfMoreThanTenCellsAndTheirLevels) {
  const auto types = types_of(study_with({"family", "donor"}), usual(), std::nullopt);
  ASSERT_TRUE(types.has_value());
  EXPECT_EQ(types->name, types_name);
  // The donor is no level; a3 and b2 are rare.
  EXPECT_EQ(types->features,
            (std::vector<std::string>{"leaf=a1", "leaf=a2", "leaf=b1", "family=A", "family=B"}));
  const float one = types->values.maxCoeff<Eigen::PropagateNumbers>();
  const auto row = [&](Eigen::Index cell) { return Eigen::RowVectorXf(types->values.row(cell)); };
  EXPECT_EQ(row(0), one * (Eigen::RowVectorXf(5) << 1, 0, 0, 1, 0).finished());
  EXPECT_EQ(row(42), one * (Eigen::RowVectorXf(5) << 0, 0, 0, 1, 0).finished());  // a3
  EXPECT_EQ(row(45), one * (Eigen::RowVectorXf(5) << 0, 0, 1, 0, 1).finished());
  EXPECT_TRUE(row(70).array().isNaN().all());
  EXPECT_EQ(types->present[69], 0);
  EXPECT_EQ(types->present[68], 1);
  // Population variances over the 69 cells: p (1 - p) of shares 45, 24, 20, 20, 20, times the square of
  // `one`.
  double variance = 0;
  for (const double count : {45.0, 24.0, 20.0, 20.0, 20.0})
    variance += count / 69 * (1 - count / 69) / 5;
  EXPECT_NEAR(one * one * variance, 1.0, 1e-6);
}

TEST(Types, WhatALevelDoesNotKnowIsMissing) {
  data::Dataset dataset = usual();
  dataset.obs[0].text[0] = "";   // of family A
  dataset.obs[1].text[45] = "";  // of leaf b1
  const auto types = types_of(study_with({"family"}), dataset, std::nullopt);
  ASSERT_TRUE(types.has_value());
  EXPECT_TRUE(types->values.row(0).head(3).array().isNaN().all());
  EXPECT_GT(types->values(0, 3), 0);
  EXPECT_EQ(types->values(0, 4), 0);
  EXPECT_GT(types->values(45, 2), 0);
  EXPECT_TRUE(types->values.row(45).tail(2).array().isNaN().all());
}

TEST(Types, AClassOfAllCellsThatAreLeftSaysNothing) {
  const auto types = types_of(study_with({"family"}),
                              cohort({{"a1", "A", 30}, {"a2", "A", 30}, {"b1", "B", 8}}), std::nullopt);
  ASSERT_TRUE(types.has_value());
  EXPECT_EQ(types->features, (std::vector<std::string>{"leaf=a1", "leaf=a2"}));
}

TEST(Types, AColumnMayBeNamedAsTheTreeIs) {
  data::Dataset dataset = usual();
  dataset.obs[1].name = "taxonomy";
  for (auto& family : dataset.obs[1].text)
    if (!family.empty()) family = family == "A" ? "n2" : "n1";
  const data::Taxonomy tree({{.label = "root", .parent = "", .height = 3},
                             {.label = "n1", .parent = "root", .height = 2},
                             {.label = "n2", .parent = "root", .height = 1},
                             {.label = "a1", .parent = "n1", .is_leaf = true},
                             {.label = "a2", .parent = "n1", .is_leaf = true},
                             {.label = "a3", .parent = "n2", .is_leaf = true},
                             {.label = "b1", .parent = "n2", .is_leaf = true},
                             {.label = "b2", .parent = "n2", .is_leaf = true}});
  const auto types = types_of(study_with({"taxonomy"}), dataset, tree);
  ASSERT_TRUE(types.has_value());
  EXPECT_EQ(types->features, (std::vector<std::string>{"leaf=a1", "leaf=a2", "leaf=b1", "taxonomy=n1",
                                                       "taxonomy=n2", "taxonomy=n1", "taxonomy=n2"}));
}

TEST(Types, OfOneCellEachDetermineNothing) {
  data::Dataset dataset = usual();
  for (std::size_t cell = 0; cell < dataset.cells.size(); ++cell)
    dataset.obs[0].text[cell] = "only" + std::to_string(cell);
  EXPECT_FALSE(types_of(study_with({"family", "donor"}), dataset, std::nullopt).has_value());
}

TEST(Types, WithoutLevelsCellsOfRareTypesLackThem) {
  const auto types = types_of(study_with({}), usual(), std::nullopt);
  ASSERT_TRUE(types.has_value());
  EXPECT_EQ(types->features, (std::vector<std::string>{"leaf=a1", "leaf=a2", "leaf=b1"}));
  EXPECT_EQ(types->present[42], 0);
}

TEST(Types, HaveTheInnerNodesOfATaxonomyButNotItsRoot) {
  const data::Taxonomy tree({{.label = "root", .parent = "", .height = 3},
                             {.label = "n1", .parent = "root", .height = 2},
                             {.label = "n2", .parent = "root", .height = 1},
                             {.label = "a1", .parent = "n1", .is_leaf = true},
                             {.label = "a2", .parent = "n1", .is_leaf = true},
                             {.label = "a3", .parent = "n1", .is_leaf = true},
                             {.label = "b1", .parent = "n2", .is_leaf = true},
                             {.label = "b2", .parent = "n2", .is_leaf = true}});
  // The families are the nodes: each is there once.
  const auto types = types_of(study_with({"family"}), usual(), tree);
  ASSERT_TRUE(types.has_value());
  EXPECT_EQ(types->features,
            (std::vector<std::string>{"leaf=a1", "leaf=a2", "leaf=b1", "family=A", "family=B"}));
  const auto nodes = types_of(study_with({}), usual(), tree);
  ASSERT_TRUE(nodes.has_value());
  EXPECT_EQ(nodes->features,
            (std::vector<std::string>{"leaf=a1", "leaf=a2", "leaf=b1", "taxonomy=n1", "taxonomy=n2"}));
}

TEST(Types, OneFrequentTypeIsNothingToTeach) {
  EXPECT_FALSE(types_of(study_with({}), cohort({{"a1", "A", 30}, {"a2", "A", 3}}), std::nullopt).has_value());
  EXPECT_FALSE(types_of(study_with({}), cohort({{"", "", 30}}), std::nullopt).has_value());
}

TEST(Taught, HasTheTypesWhereItIsSupervisedAndCoupled) {
  NetworkSpec spec;
  spec.modalities = {{.name = "T"}, {.name = "E", .hidden = {8, 4}}};
  StudyData data;
  data.modalities.resize(2);
  spec.training.supervision = 2.5;
  EXPECT_EQ(taught(spec, data).modalities, spec.modalities);
  data.types = types_of(study_with({}), usual(), std::nullopt);
  const NetworkSpec with = taught(spec, data);
  ASSERT_EQ(with.modalities.size(), 3U);
  EXPECT_TRUE(is_taught(with));
  EXPECT_EQ(with.modalities[2].hidden, (std::vector<std::int64_t>{8, 4}));
  EXPECT_EQ(with.modalities[2].alpha, 2.5);
  EXPECT_EQ(measured(with).modalities, spec.modalities);
  EXPECT_EQ(taught(with, data), with);
  // Three features.
  spec.training.latent_dim = 4;
  EXPECT_FALSE(is_taught(taught(spec, data)));
  spec.training.latent_dim = 3;
  spec.coupling.lambda = 0;
  EXPECT_FALSE(is_taught(taught(spec, data)));
  spec.coupling.lambda = 1;
  spec.training.supervision = 0;
  EXPECT_FALSE(is_taught(taught(spec, data)));
}

TEST(ARecordedStudy, StandsAsInThePaperWhereItDoesNotSay) {
  const std::string text = R"(
[study]
recipe = "predict"
[[modality]]
name = "T"
[[modality]]
name = "E"
[[experiment]]
name = "cv"
)";
  const Study study = parse_study(text, "s.toml");
  EXPECT_GT(study.base.training.supervision, 0);
  std::string recorded = to_toml(study);
  EXPECT_EQ(parse_recorded(recorded, "study.toml"), study);
  // As the text of a version that did not know the key.
  const auto begin = recorded.find("supervision");
  recorded.erase(begin, recorded.find('\n', begin) + 1 - begin);
  Study before = study;
  before.base.training.supervision = 0;
  EXPECT_EQ(parse_recorded(recorded, "study.toml"), before);
}

}  // namespace
}  // namespace cplae::study
