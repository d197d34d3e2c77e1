#include "cplae/store/open_run.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/version.hpp"
#include "cplae/store/units.hpp"
#include "cplae/study/parse.hpp"
#include "scratch.hpp"

namespace cplae::store {
namespace {

std::string canonical(const std::vector<std::string>& overrides = {}) {
  constexpr const char* text = R"([study]
name = "small"
[[modality]]
name = "T"
[[experiment]]
name = "folds"
kind = "kfold"
)";
  return study::to_toml(study::parse_study(text, "small", overrides));
}

class OpenRunTest : public testing::Test {
protected:
  OpenRunTest()
      : identity_{.study_toml = canonical(),
                  .data_sha256 = std::string(64, 'd'),
                  .taxonomy_sha256 = "",
                  .trainer = "reference",
                  .device_kind = "cpu"},
        start_{.libraries = {{"hdf5", "1.10.8"}},
               .command = {"cplae", "run", "small.toml"},
               .hosts = {"node1", "node2"},
               .ranks = 2,
               .devices = {"cpu", "cpu"},
               .data_path = "cells.h5mu",
               .seed = 3} {}

  [[nodiscard]] RunFolder folder() const { return RunFolder(scratch_ / "run"); }
  [[nodiscard]] bool open_resumes() const { return open_run(folder(), identity_, start_).resumed(); }
  [[nodiscard]] nlohmann::json provenance() const {
    return nlohmann::json::parse(read_file(folder().provenance(), 1'000'000));
  }
  /// The text of the UsageError; the folder must stay as it was.
  [[nodiscard]] std::string refusal() const {
    const std::string before = snapshot();
    try {
      static_cast<void>(open_run(folder(), identity_, start_));
    } catch (const UsageError& error) {
      EXPECT_EQ(snapshot(), before);
      return error.what();
    }
    return "accepted";
  }
  [[nodiscard]] std::string snapshot() const {
    std::vector<std::string> lines;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch_.path()))
      lines.push_back(entry.path().string() +
                      (entry.is_regular_file() ? ": " + read_file(entry.path(), 1'000'000) : ""));
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const auto& line : lines)
      text += line + "\n";
    return text;
  }

  test::Scratch scratch_;
  Identity identity_;
  Start start_;
};

TEST_F(OpenRunTest, ANewFolderGetsStudyProvenanceAndPlacesForUnits) {
  EXPECT_FALSE(open_resumes());
  EXPECT_EQ(read_file(folder().study(), 100'000), canonical());
  const auto json = provenance();
  EXPECT_EQ(json["identity"]["data_sha256"], std::string(64, 'd'));
  EXPECT_EQ(json["identity"]["trainer"], "reference");
  EXPECT_EQ(json["seed"], 3);
  ASSERT_EQ(json["sessions"].size(), 1U);
  const auto& session = json["sessions"][0];
  EXPECT_EQ(session["command"], (std::vector<std::string>{"cplae", "run", "small.toml"}));
  EXPECT_EQ(session["hosts"], (std::vector<std::string>{"node1", "node2"}));
  EXPECT_EQ(session["ranks"], 2);
  EXPECT_EQ(session["libraries"]["hdf5"], "1.10.8");
  EXPECT_EQ(session["data_path"], "cells.h5mu");
  EXPECT_EQ(session["started"].get<std::string>().size(), std::string("2024-01-01T00:00:00Z").size());
  EXPECT_TRUE(std::filesystem::is_directory(folder().units(UnitKind::network)));
  EXPECT_TRUE(std::filesystem::is_directory(folder().units(UnitKind::statistics)));
  EXPECT_TRUE(std::filesystem::is_directory(folder().tables()));
}

TEST_F(OpenRunTest, AnEmptyFolderIsTaken) {
  make_folder(folder().root());
  EXPECT_FALSE(open_resumes());
}

TEST_F(OpenRunTest, AFolderWhoseStartWasKilledBeforeItsLockIsTaken) {
  std::filesystem::create_directories(folder().work());
  EXPECT_FALSE(open_resumes());
}

TEST_F(OpenRunTest, AWorkOfSomebodyElseIsNoKilledStart) {
  std::filesystem::create_directories(folder().work());
  write_file_atomically(folder().root() / "notes.txt", std::string_view("mine"));
  EXPECT_NE(refusal().find("no run folder"), std::string::npos);
  std::filesystem::remove(folder().root() / "notes.txt");
  write_file_atomically(folder().work() / "mine.txt", std::string_view("mine"));
  EXPECT_NE(refusal().find("no run folder"), std::string::npos);
}

TEST_F(OpenRunTest, TheSameStudyAndDataResumeAndAddASession) {
  ASSERT_EQ(setenv("SLURM_JOB_ID", "4711", 1), 0);
  EXPECT_FALSE(open_resumes());
  ASSERT_EQ(unsetenv("SLURM_JOB_ID"), 0);
  start_.ranks = 4;
  EXPECT_TRUE(open_resumes());
  EXPECT_TRUE(open_resumes());
  const auto json = provenance();
  ASSERT_EQ(json["sessions"].size(), 3U);
  EXPECT_EQ(json["sessions"][0]["ranks"], 2);
  EXPECT_EQ(json["sessions"][0]["slurm"]["SLURM_JOB_ID"], "4711");
  EXPECT_TRUE(json["sessions"][1]["slurm"].empty());
  EXPECT_EQ(json["sessions"][2]["ranks"], 4);
}

TEST_F(OpenRunTest, AnotherStudyIsRefusedNamingTheKey) {
  ASSERT_FALSE(open_resumes());
  identity_.study_toml = canonical({"training.steps=777"});
  const std::string text = refusal();
  EXPECT_NE(text.find("training.steps"), std::string::npos) << text;
  EXPECT_NE(text.find("777"), std::string::npos) << text;
  EXPECT_NE(text.find(folder().root().string()), std::string::npos) << text;
}

TEST_F(OpenRunTest, NameAndPaceOfCheckpointsMayChangeAndTheNewOnesApply) {
  ASSERT_FALSE(open_resumes());
  identity_.study_toml = canonical({"study.name=renamed", "training.checkpoint_seconds=7"});
  EXPECT_TRUE(open_resumes());
  EXPECT_EQ(read_file(folder().study(), 100'000), identity_.study_toml);
  identity_.study_toml = canonical({"study.name=renamed", "training.batch=7"});
  EXPECT_NE(refusal().find("training.batch"), std::string::npos);
}

TEST_F(OpenRunTest, AStudyThatOnlyReadsOtherwiseIsTheSame) {
  ASSERT_FALSE(open_resumes());
  write_file_atomically(folder().study(), std::string_view("# a note\n" + canonical()));
  EXPECT_TRUE(open_resumes());
}

TEST_F(OpenRunTest, OtherDataTaxonomyTrainerOrDeviceAreRefused) {
  ASSERT_FALSE(open_resumes());
  const Identity same = identity_;
  identity_.data_sha256 = std::string(64, 'e');
  EXPECT_NE(refusal().find("data file of SHA-256 " + std::string(64, 'd') + " there, " +
                           std::string(64, 'e') + " here"),
            std::string::npos);
  identity_ = same;
  identity_.taxonomy_sha256 = std::string(64, 'f');
  EXPECT_NE(refusal().find("taxonomy file of SHA-256 (none) there"), std::string::npos);
  identity_ = same;
  identity_.trainer = "fused";
  EXPECT_NE(refusal().find("trainer reference there, fused here"), std::string::npos);
  identity_ = same;
  identity_.device_kind = "cuda";
  EXPECT_NE(refusal().find("kind of device cpu there, cuda here"), std::string::npos);
  identity_ = same;
  EXPECT_TRUE(open_resumes());
}

TEST_F(OpenRunTest, AnotherMachineOrLibraryIsWarnedOfAndGoneOnWith) {
  ASSERT_FALSE(open_resumes());
  const auto warnings = [&] {
    testing::internal::CaptureStderr();
    EXPECT_TRUE(open_resumes());
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(warnings(), "");
  start_.devices = {"cpu (AVX512)", "cpu (AVX512)"};
  const std::string text = warnings();
  EXPECT_NE(text.find("device cpu then, cpu (AVX512) now"), std::string::npos) << text;
  EXPECT_NE(text.find("not bit for bit"), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_EQ(warnings(), "");  // the last session is what counts
  start_.libraries["hdf5"] = "1.14";
  EXPECT_NE(warnings().find("hdf5 1.10.8 then, 1.14 now"), std::string::npos);
  start_.libraries["torch"] = "2.11.0";
  EXPECT_NE(warnings().find("torch unknown then, 2.11.0 now"), std::string::npos);
}

TEST_F(OpenRunTest, AnotherCommitIsWarnedOf) {
  ASSERT_FALSE(open_resumes());
  nlohmann::json json = provenance();
  json["sessions"].back()["git_commit"] = "0123abc";
  write_file_atomically(folder().provenance(), std::string_view(json.dump()));
  testing::internal::CaptureStderr();
  EXPECT_TRUE(open_resumes());
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("commit of cplae 0123abc then, " + git_commit() + " now"), std::string::npos) << text;
}

TEST_F(OpenRunTest, DifferentDevicesOfRanksAreWarnedOfAndTold) {
  start_.devices = {"cuda:0", "cuda:1"};
  testing::internal::CaptureStderr();
  ASSERT_FALSE(open_resumes());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "numbers of GPUs are no difference";
  EXPECT_EQ(provenance()["sessions"].back()["device"], "cuda");
  start_.devices = {"cpu (AVX2)", "cpu (AVX512)", "cpu (AVX2)"};
  testing::internal::CaptureStderr();
  EXPECT_TRUE(open_resumes());
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("ranks have different devices (cpu (AVX2); cpu (AVX512))"), std::string::npos) << text;
  EXPECT_EQ(provenance()["sessions"].back()["device"], "cpu (AVX2); cpu (AVX512)");
}

TEST_F(OpenRunTest, ADifferentWordForTheSameTrainerIsTheSameRun) {
  identity_.trainer = "fused";
  ASSERT_FALSE(open_resumes());
  identity_.study_toml = canonical({"training.trainer=fused"});
  EXPECT_TRUE(open_resumes());
  EXPECT_EQ(read_file(folder().study(), 100'000), identity_.study_toml);
  // Which networks `reference` trains is then a matter of the key.
  identity_.trainer = "fused+reference";
  EXPECT_NE(refusal().find("trainer fused there, fused+reference here"), std::string::npos);
}

TEST_F(OpenRunTest, TheWordForTheTrainerCountsWhereVariantsHaveDifferentOnes) {
  identity_.trainer = "fused+reference";
  ASSERT_FALSE(open_resumes());
  identity_.study_toml = canonical({"training.trainer=reference"});
  EXPECT_NE(refusal().find("training.trainer"), std::string::npos);
}

TEST_F(OpenRunTest, LibrariesAreNamedWithTheirVersions) {
  const auto versions = library_versions();
  EXPECT_EQ(versions.size(), 2U);
  for (const auto& [name, version] : versions)
    EXPECT_NE(version.find_first_of("0123456789"), std::string::npos) << name << " " << version;
}

TEST_F(OpenRunTest, FilesThatAreNoRunAreLeftAlone) {
  make_folder(folder().root());
  write_file_atomically(folder().root() / "thesis.tex", std::string_view("years of work"));
  EXPECT_NE(refusal().find("no run folder"), std::string::npos);
}

TEST_F(OpenRunTest, AFileInItsPlaceIsRefused) {
  write_file_atomically(folder().root(), std::string_view("x"));
  EXPECT_NE(refusal().find("is a file"), std::string::npos);
}

TEST_F(OpenRunTest, AStartThatWasKilledBeforeItsProvenanceIsBegunAnew) {
  ASSERT_FALSE(open_resumes());
  std::filesystem::remove(folder().provenance());
  EXPECT_FALSE(open_resumes());
}

TEST_F(OpenRunTest, LeftoversOfKilledSessionsAreSwept) {
  ASSERT_FALSE(open_resumes());
  const UnitStore units(folder(), identity_hash(identity_));
  const std::filesystem::path networks = folder().units(UnitKind::network);
  const std::filesystem::path statistics = folder().units(UnitKind::statistics);
  const auto put = [](const std::filesystem::path& path) {
    write_file_atomically(path, std::string_view("torn"));
    return path;
  };
  units.write(UnitKind::network, "folds,fold=0", Record());
  const std::vector<std::filesystem::path> leftovers{
      put(folder().checkpoint("folds,fold=0")),
      put(networks / "folds,fold=1.unit.part77"),
      put(part_of(networks / "folds,fold=1.ckpt")),
      put(statistics / "a.unit.part9"),
      put(folder().results().string() + ".part"),
      put(folder().tables() / "summary.csv.part7"),
      put(folder().provenance().string() + ".part7"),
      put(folder().results().string() + ".part.locktest.1"),
      put(folder().results().string() + ".part-2056978433-5738.lock")};
  UnitStore(folder(), "another run").write(UnitKind::network, "folds,fold=3", Record());
  // Still wanted: the checkpoint of a network without a unit of this run, or with a damaged one; what others
  // put here.
  const std::vector<std::filesystem::path> kept{put(folder().checkpoint("folds,fold=1")),
                                                put(folder().checkpoint("folds,fold=2")),
                                                put(folder().checkpoint("folds,fold=3")),
                                                put(folder().unit(UnitKind::network, "folds,fold=2")),
                                                put(folder().results()),
                                                put(folder().root() / "download.part"),
                                                put(folder().results().string() + ".part_old"),
                                                put(folder().results().string() + ".partial"),
                                                put(folder().results().string() + ".part-2.lock.mine"),
                                                put(folder().results().string() + ".part-copy.lock"),
                                                folder().unit(UnitKind::network, "folds,fold=0")};
  EXPECT_TRUE(open_resumes());
  for (const auto& path : leftovers)
    EXPECT_FALSE(std::filesystem::exists(path)) << path;
  for (const auto& path : kept)
    EXPECT_TRUE(std::filesystem::exists(path)) << path;
}

/// Of a run that is there: with a file of a stranger behind the link that would be swept away, or written.
TEST_F(OpenRunTest, LinksInARunFolderAreNotFollowed) {
  ASSERT_FALSE(open_resumes());
  const std::filesystem::path elsewhere = scratch_ / "elsewhere";
  std::filesystem::path torn = folder().results();
  torn += ".part";
  for (const auto& place :
       {folder().work(), folder().lock(), folder().units(UnitKind::network),
        folder().units(UnitKind::statistics), folder().tables(), folder().figures(), torn}) {
    const std::filesystem::path aside = place.string() + ".aside";
    const bool was_there = std::filesystem::exists(place);
    if (was_there) std::filesystem::rename(place, aside);
    make_folder(elsewhere);
    write_file_atomically(elsewhere / "thesis.svg.part7", std::string_view("mine"));
    std::filesystem::create_symlink(elsewhere, place);
    EXPECT_NE(refusal().find(place.string() + ": is a link"), std::string::npos) << place;
    std::filesystem::remove(place);
    if (was_there) std::filesystem::rename(aside, place);
  }
  EXPECT_TRUE(open_resumes());
}

TEST_F(OpenRunTest, TheHashOfTheIdentityTellsRunsApartAndNoFreeKeys) {
  identity_.trainer = "fused";
  const std::string hash = identity_hash(identity_);
  EXPECT_EQ(hash.size(), 64U);
  for (const char* key : {"study.name=renamed", "training.checkpoint_seconds=7", "training.trainer=fused"}) {
    Identity same = identity_;
    same.study_toml = canonical({key});
    EXPECT_EQ(identity_hash(same), hash) << key;
  }
  std::vector<Identity> others(6, identity_);
  others[0].study_toml = canonical({"training.steps=777"});
  others[1].data_sha256 = std::string(64, 'e');
  others[2].taxonomy_sha256 = std::string(64, 'f');
  others[3].trainer = "reference";
  others[4].device_kind = "cuda";
  others[5].trainer = "fused+reference";
  for (const auto& other : others)
    EXPECT_NE(identity_hash(other), hash);
  // Which networks each of two trains is a matter of the word.
  Identity word = others[5];
  word.study_toml = canonical({"training.trainer=reference"});
  EXPECT_NE(identity_hash(word), identity_hash(others[5]));
}

TEST_F(OpenRunTest, ARunKeepsTheHashThatItBeganWith) {
  const std::string hash = open_run(folder(), identity_, start_).identity();
  EXPECT_EQ(hash, identity_hash(identity_));
  EXPECT_EQ(recorded_identity(folder()), hash);
  nlohmann::json json = provenance();
  EXPECT_EQ(json["identity"]["hash"], hash);
  // As an earlier version that knew fewer keys would have made it.
  json["identity"]["hash"] = "earlier";
  write_file_atomically(folder().provenance(), std::string_view(json.dump()));
  EXPECT_EQ(open_run(folder(), identity_, start_).identity(), "earlier");
  EXPECT_EQ(recorded_identity(folder()), "earlier");
  json["identity"].erase("hash");
  write_file_atomically(folder().provenance(), std::string_view(json.dump()));
  EXPECT_EQ(recorded_identity(folder()), hash);
  EXPECT_EQ(open_run(folder(), identity_, start_).identity(), hash);
  EXPECT_EQ(provenance()["identity"]["hash"], hash);
}

TEST_F(OpenRunTest, UnitsOfUnknownOriginAreNotTaken) {
  ASSERT_FALSE(open_resumes());
  UnitStore(folder()).write(UnitKind::network, "folds,fold=0", Record());
  std::filesystem::remove(folder().provenance());
  EXPECT_NE(refusal().find("no provenance.json"), std::string::npos);
}

TEST_F(OpenRunTest, ADamagedProvenanceIsRefused) {
  ASSERT_FALSE(open_resumes());
  write_file_atomically(folder().provenance(), std::string_view("{\"identity\": "));
  EXPECT_NE(refusal().find("provenance.json cannot be read"), std::string::npos);
}

TEST_F(OpenRunTest, ASecondRunAtOneFolderIsRefusedNamingTheFirst) {
  {
    const OpenRun first = open_run(folder(), identity_, start_);
    const std::string text = refusal();
    EXPECT_NE(text.find("host " + host_name() + ", process " + std::to_string(getpid())), std::string::npos)
        << text;
  }
  EXPECT_TRUE(open_resumes());
}

}  // namespace
}  // namespace cplae::store
