#include "cplae/store/run_folder.hpp"

#include <gtest/gtest.h>

#include <set>

namespace cplae::store {
namespace {

TEST(FileName, IdsOfOrdinaryStudiesAreTheirOwnNames) {
  for (const char* id :
       {"consensus,init=2", "cross_validation,lambda=0.5,fold=3", "a", "x+y=1e-05", "T_E.v2"})
    EXPECT_EQ(file_name(id), id);
  EXPECT_EQ(file_name(std::string(180, 'a')), std::string(180, 'a'));
}

TEST(FileName, OtherIdsBecomeSafeAndStayApart) {
  std::set<std::string> names;
  const std::vector<std::string> ids = {"a/b",
                                        "a b",
                                        "a_b",
                                        "../a",
                                        "..",
                                        ".",
                                        "",
                                        "-rf",
                                        ".hidden",
                                        "a\nb",
                                        "a:b",
                                        "a~b",
                                        "\u00b5m",
                                        "a\0b",
                                        "a\\b",
                                        "*",
                                        std::string(181, 'a'),
                                        std::string(5000, 'a'),
                                        std::string(5000, '/')};
  for (const std::string& id : ids) {
    const std::string name = file_name(id);
    EXPECT_TRUE(names.insert(name).second) << id;
    EXPECT_LE(name.size(), 180U);
    EXPECT_FALSE(name.empty());
    EXPECT_NE(name.front(), '.');
    EXPECT_NE(name.front(), '-');
    for (const char c : name)
      EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  std::string("_.,=+-~").find(c) != std::string::npos)
          << name;
  }
}

TEST(RunFolder, HasThePlacesOfTheDocumentation) {
  const RunFolder folder("runs/a");
  EXPECT_EQ(folder.study(), "runs/a/study.toml");
  EXPECT_EQ(folder.provenance(), "runs/a/provenance.json");
  EXPECT_EQ(folder.results(), "runs/a/results.h5");
  EXPECT_EQ(folder.tables(), "runs/a/tables");
  EXPECT_EQ(folder.unit(UnitKind::network, "v,fold=1"), "runs/a/work/networks/v,fold=1.unit");
  EXPECT_EQ(folder.checkpoint("v,fold=1"), "runs/a/work/networks/v,fold=1.ckpt");
  EXPECT_EQ(folder.unit(UnitKind::statistics, "mixture,k=7"), "runs/a/work/statistics/mixture,k=7.unit");
}

}  // namespace
}  // namespace cplae::store
