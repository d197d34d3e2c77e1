// From units to tables, on made-up units whose means are known.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "cplae/reduce/frame.hpp"
#include "cplae/reduce/tables.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/study/parse.hpp"

namespace cplae::reduce {
namespace {

constexpr const char* study_text = R"(
[[modality]]
name = "T"
[[modality]]
name = "E"
[[experiment]]
name = "cv"
kind = "kfold"
folds = 3
vary."coupling.lambda" = [0, 1]
pc_cca = [[4, 4]]
baselines = ["mean", "ridge"]
[[experiment]]
name = "again"
kind = "repeats"
initialisations = 4
components = [2, 3]
starts = 5
)";

class TablesTest : public testing::Test {
protected:
  void SetUp() override {
    use_study(study_text);
    for (const std::string name : {"T", "E"})
      context_.data.modalities.push_back(
          {name, {"f"}, MatrixF::Zero(10, 1), std::vector<std::uint8_t>(10, 1)});
    context_.data.scaling.assign(2, {{0}, {1}});
    context_.cells.resize(10);
    folder_ = std::filesystem::temp_directory_path() / ("cplae_tables_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_ / "work" / "statistics");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void use_study(const std::string& text) {
    context_.study = study::parse_study(text, "test");
    context_.plan = study::make_plan(context_.study);
  }

  /// Every unit: R2 = number of the network, best count = 2 for even initialisations and 3 for odd ones.
  void write_units(const std::string& failing = "") const {
    const store::UnitStore units{store::RunFolder(folder_)};
    for (const auto& unit : list_units(context_)) {
      Record record;
      if (unit.id == failing)
        record.text["failed"] = "as the test wants";
      else if (unit.type == UnitType::mixture)
        put(record, "bic", bic(unit));
      else if (layer_of(unit.type) == 0)
        put(record, "reconstruction", reconstruction(unit));
      units.write(store::UnitKind::statistics, unit.id, record);
    }
  }
  static Frame reconstruction(const StatisticsUnit& unit) {
    return Frame({{"from", std::vector<std::string>{"T"}},
                  {"to", std::vector<std::string>{"E"}},
                  {"n_cells", std::vector<std::int64_t>{4}},
                  {"r2", std::vector<double>{static_cast<double>(unit.network)}},
                  {"mse", std::vector<double>{0.5}}});
  }
  Frame bic(const StatisticsUnit& unit) const {
    const std::int64_t wanted = context_.plan.networks[unit.network].replicate % 2 == 0 ? 2 : 3;
    return Frame({{"components", std::vector<std::int64_t>{unit.components}},
                  {"bic", std::vector<double>{unit.components == wanted ? -10.0 : 10.0}},
                  {"log_likelihood", std::vector<double>{-1.0}},
                  {"n_cells", std::vector<std::int64_t>{8}},
                  {"failed_starts", std::vector<std::int64_t>{0}},
                  {"iterations", std::vector<std::int64_t>{1}}});
  }
  std::string table(const std::string& name) const {
    std::ifstream file(folder_ / "tables" / name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static bool has_line(const std::string& text, const std::string& line) {
    return text.find("\n" + line + "\n") != std::string::npos;
  }

  Context context_;
  std::filesystem::path folder_;
};

TEST_F(TablesTest, UnitsAreAllThereIs) {
  std::size_t evaluations = 0;
  std::size_t baselines = 0;
  std::size_t mixtures = 0;
  for (const auto& unit : list_units(context_)) {
    evaluations += unit.type == UnitType::evaluation ? 1 : 0;
    baselines += is_baseline(unit) ? 1U : 0U;
    mixtures += unit.type == UnitType::mixture ? 1 : 0;
  }
  EXPECT_EQ(evaluations, 10U);  // 2 x 3 folds and 4 initialisations
  EXPECT_EQ(baselines, 9U);     // three a fold, shared by the variants
  const auto units = list_units(context_);
  ASSERT_GE(units.size(), 2U);
  EXPECT_EQ(units[units.size() - 2].id, "consensus,again");
  EXPECT_EQ(units.back().id, "ensemble,again");
  EXPECT_EQ(mixtures, 8U);  // 4 initialisations x 2 counts
}

TEST_F(TablesTest, KeysMeansAndSpread) {
  write_units();
  write_tables(context_, store::UnitStore(store::RunFolder(folder_)));
  const std::string reconstruction = table("reconstruction.csv");
  EXPECT_TRUE(
      reconstruction.starts_with("experiment,variant,lambda,fold,init,from,to,n_cells,n_constant,r2,mse\n"));
  EXPECT_TRUE(has_line(reconstruction, "cv,\"cv,lambda=1\",1,2,,T,E,4,5,0.5"));
  EXPECT_TRUE(has_line(reconstruction, "again,again,1,,3,T,E,4,9,0.5"));
  EXPECT_TRUE(has_line(reconstruction, "cv,\"cv,pc_cca=4x4\",,1,,T,E,4,1,0.5"));
  EXPECT_TRUE(has_line(reconstruction, "cv,\"cv,baseline=ridge\",,2,,T,E,4,2,0.5"));
  // Networks 0, 1, 2: mean 1, SD 1; networks 6..9: mean 7.5, SD sqrt(5 / 3).
  const std::string summary = table("summary.csv");
  EXPECT_TRUE(has_line(summary, "cv,\"cv,lambda=0\",0,r2 E<-T,1,1,3"));
  EXPECT_TRUE(has_line(summary, "again,again,1,r2 E<-T,7.5,1.2909944487358056,4"));
}

TEST_F(TablesTest, EveryVariedKeyHasAValueInEveryVariant) {
  use_study(std::string(study_text) + R"([[experiment]]
name = "more"
kind = "sweep"
initialisations = 1
vary."modality.E.noise_sd" = [0.25]
vary."modality.T.output" = ["relu"]
vary."training.validate_every" = [100]
vary."coupling.augment_decoders" = [false]
)");
  write_units();
  write_tables(context_, store::UnitStore(store::RunFolder(folder_)));
  const std::string summary = table("summary.csv");
  EXPECT_TRUE(summary.starts_with(
      "experiment,variant,lambda,augment_decoders,noise_sd_E,output_T,validate_every,metric,mean,sd,n\n"));
  EXPECT_TRUE(has_line(summary, "cv,\"cv,lambda=0\",0,true,0,linear,500,r2 E<-T,1,1,3"));
  EXPECT_TRUE(has_line(
      summary,
      "more,\"more,augment_decoders=false,noise_sd_E=0.25,output_T=relu,validate_every=100\",1,false,0.25,"
      "relu,100,r2 E<-T,10,,1"));
}

TEST_F(TablesTest, ABaselineForEveryLatentDimOfAnExperiment) {
  use_study(std::string(study_text) + R"([[experiment]]
name = "wide"
kind = "kfold"
folds = 2
vary."training.latent_dim" = [2, 4]
vary."coupling.lambda" = [0, 1]
pc_cca = [[5, 5]]
)");
  std::vector<std::string> baselines;
  for (const auto& unit : list_units(context_))
    if (unit.type == UnitType::baseline) baselines.push_back(unit.id);
  EXPECT_EQ(
      baselines,
      (std::vector<std::string>{
          "baseline,cv,pc_cca=4x4,fold=0", "baseline,cv,pc_cca=4x4,fold=1", "baseline,cv,pc_cca=4x4,fold=2",
          "baseline,wide,pc_cca=5x5,latent_dim=2,fold=0", "baseline,wide,pc_cca=5x5,latent_dim=2,fold=1",
          "baseline,wide,pc_cca=5x5,latent_dim=4,fold=0", "baseline,wide,pc_cca=5x5,latent_dim=4,fold=1"}));
  write_units();
  write_tables(context_, store::UnitStore(store::RunFolder(folder_)));
  const std::string reconstruction = table("reconstruction.csv");
  EXPECT_TRUE(reconstruction.starts_with(
      "experiment,variant,lambda,latent_dim,fold,init,from,to,n_cells,n_constant,r2,mse\n"));
  // The study's latent_dim where the experiment does not vary it. R2 names the network whose split it is: at
  // lambda = 0 networks 10 and 11 have 2 latent dimensions, 12 and 13 have 4.
  EXPECT_TRUE(has_line(reconstruction, "cv,\"cv,pc_cca=4x4\",,3,1,,T,E,4,1,0.5"));
  EXPECT_TRUE(has_line(reconstruction, "wide,\"wide,pc_cca=5x5,latent_dim=2\",,2,1,,T,E,4,11,0.5"));
  EXPECT_TRUE(has_line(reconstruction, "wide,\"wide,pc_cca=5x5,latent_dim=4\",,4,1,,T,E,4,13,0.5"));
}

TEST_F(TablesTest, BestCountsAndTheirBins) {
  write_units();
  write_tables(context_, store::UnitStore(store::RunFolder(folder_)));
  EXPECT_TRUE(has_line(table("clusters.csv"), "again,again,1,,0,2,-10"));
  EXPECT_TRUE(has_line(table("clusters.csv"), "again,again,1,,3,3,-10"));
  // Ties between 2 and 3 go to the smaller.
  std::istringstream bins(table("cluster_counts.csv"));
  std::string line;
  std::getline(bins, line);
  std::size_t counted = 0;
  while (std::getline(bins, line)) {
    EXPECT_TRUE(line.ends_with(",2")) << line;
    const auto last = line.rfind(',');
    counted += std::stoul(line.substr(line.rfind(',', last - 1) + 1));
  }
  EXPECT_EQ(counted, 4U);
}

TEST_F(TablesTest, AUnitWithoutResultIsLeftOutAndCountsAsMissing) {
  const std::string failing = "evaluation,cv,lambda=1,fold=2";
  write_units(failing);
  const store::UnitStore units{store::RunFolder(folder_)};
  write_tables(context_, units);
  EXPECT_FALSE(has_line(table("reconstruction.csv"), "cv,\"cv,lambda=1\",1,2,,T,E,4,5,0.5"));
  EXPECT_TRUE(has_line(table("summary.csv"), "cv,\"cv,lambda=1\",1,r2 E<-T,3.5,0.7071067811865476,2"));
  const auto record = units.read(store::UnitKind::statistics, failing);
  EXPECT_EQ(failure(*record), "as the test wants");
  EXPECT_FALSE(is_current(context_, *record));
}

}  // namespace
}  // namespace cplae::reduce
