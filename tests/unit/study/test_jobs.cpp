#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "cplae/core/files.hpp"
#include "cplae/study/networks.hpp"
#include "cplae/study/parse.hpp"

namespace cplae::study {
namespace {

namespace fs = std::filesystem;

const fs::path source = CPLAE_SOURCE_DIR;

Study job(const std::string& name) {
  return read_study(source / "jobs" / (name + ".toml"));
}

TEST(Jobs, AllParseAndAreCalledByTheirFiles) {
  std::size_t jobs = 0;
  for (const auto& entry : fs::directory_iterator(source / "jobs")) {
    if (entry.path().extension() != ".toml") continue;
    ++jobs;
    const Study study = read_study(entry.path());
    EXPECT_EQ(study.name, entry.path().stem().string());
    EXPECT_EQ(parse_study(to_toml(study), "text"), study);
  }
  EXPECT_GE(jobs, 6U);
}

/// "key = value  # why": what stands before the equals sign of a line of a job; empty for other lines.
std::string key_of(const std::string& line) {
  const auto equals = line.find('=');
  if (line.empty() || line[0] == '#' || line[0] == '[' || equals == std::string::npos) return "";
  return line.substr(0, line.find_last_not_of(' ', equals - 1) + 1);
}

TEST(Jobs, ExplainEveryKeyThatTheyUse) {
  // Names and kinds speak for themselves.
  const std::set<std::string> plain{"name", "kind"};
  for (const auto& entry : fs::directory_iterator(source / "jobs")) {
    if (entry.path().extension() != ".toml") continue;
    std::set<std::string> used, explained;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const std::string key = key_of(line);
      if (key.empty() || plain.contains(key)) continue;
      used.insert(key);
      if (line.find(" # ") != std::string::npos) explained.insert(key);
    }
    EXPECT_EQ(used, explained) << entry.path();
  }
}

TEST(Jobs, OfThePaperHasItsNetworks) {
  const Study study = job("paper");
  const Plan plan = make_plan(study);
  EXPECT_EQ(plan.variants.size(), 4U + 3U + 25U + 3U);
  EXPECT_EQ(plan.networks.size(), 43U * 3U + 21U + 43U * 3U + 25U + 3U);
  EXPECT_EQ(study.base.training.steps, 750000);
  EXPECT_EQ(study.experiments[0].classes.size(), 12U);
}

TEST(Jobs, OfTheSweepHasEverySetting) {
  EXPECT_EQ(make_plan(job("sweep")).variants.size(), 25U);
}

TEST(KeyReference, IsThePageInDocs) {
  EXPECT_EQ(read_file(source / "docs" / "study-keys.md", 1U << 20U), key_reference())
      << "generate docs/study-keys.md again from key_reference()";
}

TEST(KeyReference, HasEveryKeyOfTheCanonicalText) {
  const std::string reference = key_reference();
  const std::string text = to_toml(job("paper")) + to_toml(job("sweep"));
  for (std::size_t at = 0; at < text.size();) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    at += line.size() + 1;
    const std::string key = key_of(line);
    if (key.empty() || key.rfind("vary.", 0) == 0) continue;
    EXPECT_NE(reference.find("." + key + "` |"), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace cplae::study
