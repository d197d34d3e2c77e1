#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "cplae/core/error.hpp"
#include "cplae/data/import.hpp"
#include "cplae/data/read.hpp"
#include "cplae/data/write.hpp"

namespace {

namespace fs = std::filesystem;
using cplae::MatrixF;
using namespace cplae::data;

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

class DataFiles : public testing::Test {
protected:
  DataFiles() {
    folder_ = fs::temp_directory_path() / ("cplae_data_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  ~DataFiles() override { fs::remove_all(folder_); }
  [[nodiscard]] fs::path path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] fs::path text(const std::string& name, const std::string& content) const {
    std::ofstream(path(name)) << content;
    return path(name);
  }

private:
  fs::path folder_;
};

/// Three cells; E lacks the second and has a missing entry.
Dataset small() {
  Dataset dataset;
  dataset.cells = {"c0", "c1", "c2"};
  Modality t{.name = "T", .features = {"g0", "g1"}, .values = MatrixF(3, 2), .present = {1, 1, 1}};
  t.values << 1, 2, 3, 4, 5, 6;
  Modality e{.name = "E", .features = {"f"}, .values = MatrixF(3, 1), .present = {1, 0, 1}};
  e.values << 0.5F, nan_value, nan_value;
  dataset.modalities = {t, e};
  dataset.obs.push_back({.name = "leaf", .is_text = true, .text = {"a", "", "b"}, .numbers = {}});
  return dataset;
}

TEST_F(DataFiles, ADatasetComesBack) {
  const Dataset given = small();
  write_h5mu(given, path("a.h5mu"));
  const Dataset back = read_dataset({{.path = path("a.h5mu"), .name = ""}});
  EXPECT_EQ(back.cells, given.cells);
  ASSERT_EQ(back.modalities.size(), 2U);
  EXPECT_EQ(back.modalities[0].values, given.modalities[0].values);
  EXPECT_EQ(back.modalities[1].present, given.modalities[1].present);
  EXPECT_EQ(back.modalities[1].values(0, 0), 0.5F);
  EXPECT_TRUE(std::isnan(back.modalities[1].values(1, 0)));
  EXPECT_EQ(back.column("leaf").text, given.obs[0].text);
  EXPECT_FALSE(back.taxonomy.has_value());
}

TEST_F(DataFiles, TheSameDatasetIsTheSameBytes) {
  write_h5mu(small(), path("a.h5mu"));
  // Times in HDF5 are whole seconds.
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  write_h5mu(small(), path("b.h5mu"));
  std::ifstream a(path("a.h5mu"), std::ios::binary);
  std::ifstream b(path("b.h5mu"), std::ios::binary);
  const std::string bytes_a{std::istreambuf_iterator<char>(a), {}};
  const std::string bytes_b{std::istreambuf_iterator<char>(b), {}};
  EXPECT_EQ(bytes_a, bytes_b);
}

TEST_F(DataFiles, WrongShapesAreRefused) {
  Dataset dataset = small();
  dataset.modalities[0].present.pop_back();
  EXPECT_THROW(write_h5mu(dataset, path("a.h5mu")), cplae::DataError);
  EXPECT_FALSE(fs::exists(path("a.h5mu")));
}

TEST_F(DataFiles, ExtrasOfWrongShapesAreRefused) {
  const cplae::MatrixD latents = cplae::MatrixD::Zero(2, 1);  // of three cells
  EXPECT_THROW(write_h5mu(small(), path("a.h5mu"), {.obsm = {{"X", latents}}}), cplae::DataError);
  const Extras::OfModality wide{.layers = {{"sd", MatrixF::Zero(3, 3)}}};  // of two features
  EXPECT_THROW(write_h5mu(small(), path("a.h5mu"), {.modalities = {{"T", wide}}}), cplae::DataError);
  const Extras::OfModality right{.layers = {{"sd", MatrixF::Zero(3, 2)}}};
  EXPECT_NO_THROW(write_h5mu(small(), path("a.h5mu"), {.modalities = {{"T", right}}}));
}

TEST(ParseSource, NamesAndPaths) {
  EXPECT_EQ(parse_source("a.h5mu").path, "a.h5mu");
  EXPECT_EQ(parse_source("a.h5mu").name, "");
  EXPECT_EQ(parse_source("T=b/a.h5ad").name, "T");
  EXPECT_EQ(parse_source("T=b/a=1.h5ad").path, "b/a=1.h5ad");
  EXPECT_EQ(parse_source("b/T=1.h5ad").path, "b/T=1.h5ad") << "a slash before the equals sign: a path";
  EXPECT_THROW((void)parse_source("=a.h5ad"), cplae::UsageError);
}

TEST_F(DataFiles, TablesBecomeADataset) {
  const auto t = text("T.csv", "cell,g0,g1\nc0,1,2\nc1,NA,4\n");
  const auto e = text("E.tsv", "cell\tf\r\nc1\t0.5\r\nc2\t\"7\"\r\n");
  const auto tree = text("tree.csv", "label,parent,height,leaf\nr,NA,1,FALSE\na,r,0,TRUE\n");
  const Dataset dataset =
      read_csv({.modalities = {{.modality = "T", .path = t}, {.modality = "E", .path = e}},
                .obs = std::nullopt,
                .taxonomy = tree});
  EXPECT_EQ(dataset.cells, (std::vector<std::string>{"c0", "c1", "c2"}));
  EXPECT_TRUE(std::isnan(dataset.modality("T").values(1, 0)));
  EXPECT_EQ(dataset.modality("E").present, (std::vector<std::uint8_t>{0, 1, 1}));
  EXPECT_EQ(dataset.modality("E").values(2, 0), 7.0F);
  EXPECT_TRUE(dataset.taxonomy->has_leaf("a"));
}

}  // namespace
