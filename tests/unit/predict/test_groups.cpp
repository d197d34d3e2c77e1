// New cells by the modalities that they have.
#include <gtest/gtest.h>

#include "predict/groups.hpp"

namespace cplae::predict {
namespace {

NewModality measured(std::size_t modality, std::vector<Eigen::Index> cells) {
  return {.modality = modality, .cells = std::move(cells), .measured = {}, .seen = {}, .held_out = {}};
}

TEST(Groups, OneForEachSetOfModalitiesThatCellsHave) {
  const auto groups = groups_of({measured(0, {0, 1, 3}), measured(2, {1, 2, 3})}, 4);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].modalities, (std::vector<std::size_t>{0}));
  EXPECT_EQ(groups[0].cells, (std::vector<Eigen::Index>{0}));
  EXPECT_EQ(groups[1].modalities, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(groups[1].cells, (std::vector<Eigen::Index>{1, 3}));
  EXPECT_EQ(groups[2].modalities, (std::vector<std::size_t>{2}));
  EXPECT_EQ(groups[2].cells, (std::vector<Eigen::Index>{2}));
}

TEST(Groups, OneModalityMakesOne) {
  const auto groups = groups_of({measured(1, {0, 1})}, 2);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].cells, (std::vector<Eigen::Index>{0, 1}));
}

TEST(JointName, JoinsTheStudysNames) {
  std::vector<TrainedModality> modalities(3);
  modalities[0].name = "T";
  modalities[2].name = "M";
  EXPECT_EQ(joint_name(modalities, {measured(0, {}), measured(2, {})}), "T+M");
  EXPECT_EQ(joint_name(modalities, {measured(2, {})}), "M");
}

}  // namespace
}  // namespace cplae::predict
