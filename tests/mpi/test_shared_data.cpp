// The data set is read by one rank and is the same, bit by bit, on all.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <optional>

#include "apps/inputs.hpp"
#include "apps/shared_data.hpp"
#include "cplae/core/error.hpp"
#include "cplae/data/simulate.hpp"
#include "cplae/data/write.hpp"
#include "synthetic_run.hpp"
#include "world.hpp"

namespace cplae::apps {
namespace {

class ReadSharedData : public testing::Test {
protected:
  /// A cohort with cells that lack a modality, missing entries, text and numbers, and a taxonomy.
  [[nodiscard]] std::filesystem::path write_cohort() const {
    const auto path = scratch_.path() / "cohort.h5mu";
    dist::on_root(world_, [&] {
      data::Dataset dataset = data::simulate(data::preset("demo"), 3).dataset;
      dataset.obs.push_back({.name = "depth", .is_text = false, .text = {}, .numbers = {}});
      for (std::size_t cell = 0; cell < dataset.cells.size(); ++cell)
        dataset.obs.back().numbers.push_back(cell % 5 == 0 ? std::nan("") : 0.1 * static_cast<double>(cell));
      dataset.modalities[1].present[7] = 0;
      dataset.modalities[1].values.row(7).setConstant(std::nanf(""));
      data::write_h5mu(dataset, path);
    });
    return path;
  }

  const dist::Communicator& world_ = test::world();
  test::SharedScratch scratch_{world_};
};

bool same_bits(const MatrixF& a, const MatrixF& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0;
}

TEST_F(ReadSharedData, EveryRankHasWhatOneReads) {
  const std::vector<data::Source> sources{{.path = write_cohort(), .name = ""}};
  const SharedData shared = read_shared_data(world_, sources, {});
  const data::Dataset alone = read_data(sources, {});
  EXPECT_EQ(shared.sha256, data_sha256(sources));
  EXPECT_EQ(shared.dataset.cells, alone.cells);
  ASSERT_EQ(shared.dataset.modalities.size(), alone.modalities.size());
  for (std::size_t m = 0; m < alone.modalities.size(); ++m) {
    const data::Modality& modality = shared.dataset.modalities[m];
    EXPECT_EQ(modality.name, alone.modalities[m].name);
    EXPECT_EQ(modality.features, alone.modalities[m].features);
    EXPECT_EQ(modality.present, alone.modalities[m].present);
    EXPECT_TRUE(same_bits(modality.values, alone.modalities[m].values)) << modality.name;
  }
  EXPECT_EQ(alone.modalities[1].present[7], 0);
}

TEST_F(ReadSharedData, LabelsAndTreeComeAlong) {
  const std::vector<data::Source> sources{{.path = write_cohort(), .name = ""}};
  const data::Dataset shared = read_shared_data(world_, sources, {}).dataset;
  const data::Dataset alone = read_data(sources, {});
  ASSERT_EQ(shared.obs.size(), alone.obs.size());
  for (std::size_t c = 0; c < alone.obs.size(); ++c) {
    EXPECT_EQ(shared.obs[c].name, alone.obs[c].name);
    EXPECT_EQ(shared.obs[c].is_text, alone.obs[c].is_text);
    EXPECT_EQ(shared.obs[c].text, alone.obs[c].text);
    ASSERT_EQ(shared.obs[c].numbers.size(), alone.obs[c].numbers.size());
    for (std::size_t cell = 0; cell < alone.obs[c].numbers.size(); ++cell) {
      const double expected = alone.obs[c].numbers[cell];
      const double found = shared.obs[c].numbers[cell];
      EXPECT_TRUE(found == expected || (std::isnan(found) && std::isnan(expected))) << cell;
    }
  }
  ASSERT_TRUE(alone.taxonomy && shared.taxonomy);
  ASSERT_EQ(shared.taxonomy->nodes().size(), alone.taxonomy->nodes().size());
  for (std::size_t n = 0; n < alone.taxonomy->nodes().size(); ++n) {
    EXPECT_EQ(shared.taxonomy->nodes()[n].label, alone.taxonomy->nodes()[n].label);
    EXPECT_EQ(shared.taxonomy->nodes()[n].colour, alone.taxonomy->nodes()[n].colour);
    EXPECT_EQ(shared.taxonomy->nodes()[n].height, alone.taxonomy->nodes()[n].height);
  }
}

TEST_F(ReadSharedData, BadDataIsRefusedOnEveryRankInTheSameWords) {
  const auto path = scratch_.path() / "text.h5mu";
  dist::on_root(world_, [&] { std::ofstream(path) << "no HDF5\n"; });
  try {
    static_cast<void>(read_shared_data(world_, {{.path = path, .name = ""}}, {}));
    FAIL() << "a text file was read as data";
  } catch (const DataError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("text.h5mu"), std::string::npos) << text;
    EXPECT_EQ(text.find("rank "), std::string::npos) << text;
    EXPECT_EQ(world_.broadcast(text), text);
  }
}

}  // namespace
}  // namespace cplae::apps
