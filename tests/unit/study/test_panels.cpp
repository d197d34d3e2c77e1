#include "cplae/study/panels.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/study/parse.hpp"
#include "studies.hpp"

namespace cplae::study {
namespace {

namespace fs = std::filesystem;

class PanelsTest : public testing::Test {
protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("cplae_panels_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    study_ = parse_study(test::small_study(), "s.toml", {"modality.T.panel=list.txt"});
    study_.folder = folder_.string();
    for (const std::string name : {"T", "E"})
      dataset_.modalities.push_back({name, {"a", "b", "c", "d"}, {}, {}});
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& text) const { std::ofstream(folder_ / "list.txt", std::ios::binary) << text; }
  [[nodiscard]] std::string refusal() const {
    try {
      static_cast<void>(panels_of(study_, dataset_));
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_;
  Study study_;
  data::Dataset dataset_;
};

TEST_F(PanelsTest, AreInTheOrderOfTheList) {
  write("# from a book\r\n\n d\t\r\nnone\n  # not this\na\nb");
  const auto panels = panels_of(study_, dataset_);
  ASSERT_EQ(panels.size(), 2U);
  EXPECT_EQ(panels[0].features, (std::vector<std::size_t>{3, 0, 1}));
  EXPECT_EQ(panels[0].lacking, std::vector<std::string>{"none"});
  EXPECT_TRUE(panels[1].features.empty());
}

TEST_F(PanelsTest, OfOtherDataAreNone) {
  write("Vip\nSst\n");
  const auto panels = panels_of(study_, dataset_);
  EXPECT_TRUE(panels[0].features.empty());
  EXPECT_EQ(panels[0].lacking.size(), 2U);
}

TEST_F(PanelsTest, RefusesListsThatSayTooLittle) {
  EXPECT_NE(refusal().find("modality.T.panel: found \"list.txt\", expected a list of features"),
            std::string::npos)
      << refusal();
  write("a\nx\nb\ny\n");
  EXPECT_EQ(refusal(),
            "modality.T.panel: found 2 of the 4 names of \"list.txt\" among the features of T, expected at "
            "least 3");
  write("# nothing\n\n");
  EXPECT_EQ(refusal(), "modality.T.panel: found no name in \"list.txt\", expected one a line");
  write("a\nb\na\n");
  EXPECT_EQ(refusal(), "modality.T.panel: \"list.txt\", line 3: found \"a\" twice, expected each name once");
  write("a\n\xff\n");
  EXPECT_EQ(refusal(), "modality.T.panel: found \"list.txt\", expected text in UTF-8");
}

TEST_F(PanelsTest, AreNoPartOfWhatIsTrained) {
  const Study without = parse_study(test::small_study(), "s.toml");
  Study adopted = without;
  EXPECT_NE(first_difference(adopted, study_), "");
  adopt_panels(adopted, study_);
  EXPECT_EQ(first_difference(adopted, study_), "");
  adopt_panels(adopted, Study());
  EXPECT_EQ(first_difference(adopted, without), "");
}

}  // namespace
}  // namespace cplae::study
