#include <gtest/gtest.h>

#include <cmath>

#include "cplae/core/error.hpp"
#include "cplae/data/dataset.hpp"

namespace {

using cplae::data::Taxonomy;
using Node = Taxonomy::Node;
using Classes = std::map<std::string, std::string>;

Node inner(const std::string& label, const std::string& parent, double height) {
  return {.label = label, .parent = parent, .height = height, .is_leaf = false};
}
Node leaf(const std::string& label, const std::string& parent) {
  return {.label = label, .parent = parent, .height = 0, .is_leaf = true};
}

/// root(3) -> [ x(2) -> a b c, y(1) -> d e, f ]: x joins three at once, f hangs from the root.
Taxonomy tree() {
  return Taxonomy({leaf("a", "x"), leaf("b", "x"), leaf("c", "x"), leaf("d", "y"), leaf("e", "y"),
                   leaf("f", "root"), inner("y", "root", 1), inner("root", "", 3), inner("x", "root", 2)});
}

void expect_refused(std::vector<Node> nodes, const std::vector<std::string>& words) {
  try {
    const Taxonomy taxonomy(std::move(nodes));
    FAIL() << "accepted";
  } catch (const cplae::DataError& error) {
    const std::string message = error.what();
    for (const auto& word : words)
      EXPECT_NE(message.find(word), std::string::npos) << message;
  }
}

TEST(Taxonomy, MergesByHeight) {
  const std::vector<std::string> all{"a", "b", "c", "d", "e", "f"};
  const Classes apart{{"a", "a"}, {"b", "b"}, {"c", "c"}, {"d", "d"}, {"e", "e"}, {"f", "f"}};
  const Classes five{{"a", "a"}, {"b", "b"}, {"c", "c"}, {"d", "y"}, {"e", "y"}, {"f", "f"}};
  const Classes three{{"a", "x"}, {"b", "x"}, {"c", "x"}, {"d", "y"}, {"e", "y"}, {"f", "f"}};
  EXPECT_EQ(tree().merge(all, 100), apart);
  EXPECT_EQ(tree().merge(all, 6), apart);
  EXPECT_EQ(tree().merge(all, 5), five);
  EXPECT_EQ(tree().merge(all, 4), three) << "a join of three takes five classes to three";
  EXPECT_EQ(tree().merge(all, 3), three);
  for (const std::size_t classes : {std::size_t{2}, std::size_t{1}})
    for (const auto& [type, name] : tree().merge(all, classes))
      EXPECT_EQ(name, "root") << type;
}

TEST(Taxonomy, NodesWithOneTypeBelowJoinNothing) {
  // Of y only d is there: at 2 classes x joins a and b; d keeps its own name.
  EXPECT_EQ(tree().merge({"a", "d", "b"}, 2), (Classes{{"a", "x"}, {"b", "x"}, {"d", "d"}}));
  EXPECT_EQ(tree().merge({"d"}, 1), (Classes{{"d", "d"}}));
  EXPECT_EQ(tree().merge({}, 1), Classes{});
}

TEST(Taxonomy, TiesGoByLabel) {
  const Taxonomy tied({inner("r", "", 2), inner("m", "r", 1), inner("k", "r", 1), leaf("a", "m"),
                       leaf("b", "m"), leaf("c", "k"), leaf("d", "k")});
  EXPECT_EQ(tied.merge({"a", "b", "c", "d"}, 3), (Classes{{"a", "a"}, {"b", "b"}, {"c", "k"}, {"d", "k"}}));
}

TEST(Taxonomy, HeightsThatFallTowardsTheRootJoinOnce) {
  const Taxonomy inverted(
      {inner("r", "", 1), inner("m", "r", 2), leaf("a", "m"), leaf("b", "m"), leaf("c", "r")});
  EXPECT_EQ(inverted.merge({"a", "b", "c"}, 2), (Classes{{"a", "r"}, {"b", "r"}, {"c", "r"}}));
}

TEST(Taxonomy, NamesWhatIsNoLeaf) {
  EXPECT_TRUE(tree().has_leaf("a"));
  EXPECT_FALSE(tree().has_leaf("x"));
  EXPECT_THROW((void)tree().merge({"a", "x"}, 1), cplae::DataError);
  EXPECT_THROW((void)tree().merge({"unknown"}, 1), cplae::DataError);
}

TEST(Taxonomy, RefusesWhatIsNoTree) {
  expect_refused({}, {"no rows"});
  expect_refused({inner("r", "", 1), leaf("a", "r"), leaf("a", "r")}, {"'a'", "twice"});
  expect_refused({inner("r", "", 1), leaf("", "r")}, {"row 2", "no label"});
  expect_refused({inner("r", "", 1), leaf("a", "q")}, {"'a'", "'q'"});
  expect_refused({inner("r", "", 1), inner("s", "", 1), leaf("a", "r"), leaf("b", "s")},
                 {"'s'", "'r'", "one root"});
  expect_refused({inner("r", "s", 1), inner("s", "r", 1)}, {"every node has a parent"});
  expect_refused({inner("r", "", 1), leaf("b", "r"), inner("p", "q", 1), inner("q", "p", 1), leaf("a", "q")},
                 {"cycle"});
  expect_refused({inner("r", "", 1), leaf("a", "r"), leaf("b", "a")}, {"'a'", "is a leaf"});
  expect_refused({inner("r", "", 1), leaf("a", "r"), inner("s", "r", 1)}, {"'s'", "without leaves"});
  expect_refused({inner("r", "", NAN), leaf("a", "r")}, {"'r'", "nan"});
}

TEST(Taxonomy, OneLeafIsATree) {
  EXPECT_TRUE(Taxonomy({leaf("only", "")}).has_leaf("only"));
}

TEST(Dataset, NamesWhatThereIsAndTheNearest) {
  cplae::data::Dataset dataset;
  dataset.modalities.push_back({.name = "T", .features = {}, .values = {}, .present = {}});
  dataset.obs.push_back({.name = "leaf", .is_text = true, .text = {}, .numbers = {}});
  EXPECT_EQ(dataset.modality("T").name, "T");
  EXPECT_EQ(dataset.column("leaf").name, "leaf");
  EXPECT_THROW((void)dataset.modality("E"), cplae::DataError);
  try {
    (void)dataset.column("laef");
    FAIL();
  } catch (const cplae::DataError& error) {
    EXPECT_STREQ(error.what(), "data: no column of obs 'laef'; there are: leaf (did you mean 'leaf'?)");
  }
}

}  // namespace
