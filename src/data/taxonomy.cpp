#include "cplae/data/taxonomy.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "cplae/core/error.hpp"
#include "cplae/core/limits.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace {

using Nodes = std::vector<Taxonomy::Node>;
using Index = std::unordered_map<std::string, std::size_t>;

[[noreturn]] void fail(const std::string& label, const std::string& problem) {
  throw DataError("taxonomy: node '" + label + "' " + problem);
}

Index index_labels(const Nodes& nodes) {
  Index index;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& node = nodes[i];
    if (node.label.empty())
      throw DataError("taxonomy: row " + std::to_string(i + 1) + " has no label, expected one");
    if (!std::isfinite(node.height))
      fail(node.label, "has the height " + number_text(node.height) + ", expected a number");
    if (!index.emplace(node.label, i).second) fail(node.label, "is there twice, expected unique labels");
  }
  return index;
}

/// Throws unless every parent exists and is an inner node, and there is exactly one root.
void check_parents(const Nodes& nodes, const Index& index) {
  const Taxonomy::Node* root = nullptr;
  for (const auto& node : nodes) {
    if (node.parent.empty()) {
      if (root != nullptr)
        fail(node.label, "has no parent, nor has '" + root->label + "': expected one root");
      root = &node;
      continue;
    }
    const auto parent = index.find(node.parent);
    if (parent == index.end())
      fail(node.label, "has the parent '" + node.parent + "', which is not in the table");
    if (nodes[parent->second].is_leaf) fail(node.parent, "is a leaf, but the parent of '" + node.label + "'");
  }
  if (root == nullptr) throw DataError("taxonomy: every node has a parent, expected one root without");
}

constexpr std::size_t no_parent = ~std::size_t{0};
using Parents = std::vector<std::size_t>;

/// Index of each node's parent. Pre-condition: check_parents.
Parents parents_of(const Nodes& nodes, const Index& index) {
  Parents parents;
  parents.reserve(nodes.size());
  for (const auto& node : nodes)
    parents.push_back(node.parent.empty() ? no_parent : index.at(node.parent));
  return parents;
}

/// Calls visit(i) for every ancestor of `node`, nearest first. Throws for a cycle and for a tree too deep.
template <class Visit>
void for_ancestors(const Nodes& nodes, const Parents& parents, std::size_t node, const Visit& visit) {
  std::size_t steps = 0;
  for (std::size_t i = parents[node]; i != no_parent; i = parents[i]) {
    if (++steps > nodes.size()) fail(nodes[node].label, "is in a cycle of parents, expected a tree");
    if (steps > limits::taxonomy_depth)
      fail(nodes[node].label, "has more than " + std::to_string(limits::taxonomy_depth) +
                                  " nodes above it (or is in a cycle), expected fewer");
    visit(i);
  }
}

void check_leaves(const Nodes& nodes, const Index& index) {
  const Parents parents = parents_of(nodes, index);
  std::vector<bool> has_leaf(nodes.size(), false);
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for_ancestors(nodes, parents, i, [&](std::size_t ancestor) {
      if (nodes[i].is_leaf) has_leaf[ancestor] = true;
    });
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (!nodes[i].is_leaf && !has_leaf[i]) fail(nodes[i].label, "is an inner node without leaves below it");
}

/// Indices of the inner nodes in the order in which they merge: by height, ties by label.
std::vector<std::size_t> merge_order(const Nodes& nodes) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (!nodes[i].is_leaf) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(nodes[a].height, nodes[a].label) < std::tie(nodes[b].height, nodes[b].label);
  });
  return order;
}

}  // namespace

Taxonomy::Taxonomy(std::vector<Node> nodes) : nodes_(std::move(nodes)) {
  if (nodes_.empty()) throw DataError("taxonomy: has no rows, expected a tree of types");
  if (nodes_.size() > limits::taxonomy_nodes)
    throw DataError("taxonomy: has " + std::to_string(nodes_.size()) + " rows, expected at most " +
                    std::to_string(limits::taxonomy_nodes));
  const Index index = index_labels(nodes_);
  check_parents(nodes_, index);
  check_leaves(nodes_, index);
}

std::map<std::string, std::vector<std::string>> Taxonomy::ancestors() const {
  const Parents parents = parents_of(nodes_, index_labels(nodes_));
  std::map<std::string, std::vector<std::string>> above;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].is_leaf)
      for_ancestors(nodes_, parents, i,
                    [&, &own = above[nodes_[i].label]](std::size_t a) { own.push_back(nodes_[a].label); });
  return above;
}

std::vector<std::string> Taxonomy::leaves() const {
  std::unordered_map<std::string, std::vector<const Node*>> children;
  std::vector<const Node*> waiting;
  // The last to be added is the next to be visited.
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node)
    if (node->parent.empty())
      waiting.push_back(&*node);
    else
      children[node->parent].push_back(&*node);
  std::vector<std::string> labels;
  while (!waiting.empty()) {
    const Node* node = waiting.back();
    waiting.pop_back();
    if (node->is_leaf) labels.push_back(node->label);
    const auto below = children.find(node->label);
    if (below != children.end()) waiting.insert(waiting.end(), below->second.begin(), below->second.end());
  }
  return labels;
}

bool Taxonomy::has_leaf(const std::string& label) const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [&](const Node& node) { return node.is_leaf && node.label == label; });
}

std::map<std::string, std::string> Taxonomy::merge(const std::vector<std::string>& present,
                                                   std::size_t classes) const {
  const Index index = index_labels(nodes_);
  const Parents parents = parents_of(nodes_, index);
  std::map<std::string, std::string> class_of;
  std::vector<std::vector<std::string>> types_below(nodes_.size());
  for (const auto& type : present) {
    const auto at = index.find(type);
    if (at == index.end() || !nodes_[at->second].is_leaf)
      throw DataError("taxonomy: '" + type + "' is no leaf of the tree, expected one of its leaves");
    if (!class_of.emplace(type, type).second) continue;
    for_ancestors(nodes_, parents, at->second, [&](std::size_t i) { types_below[i].push_back(type); });
  }
  std::size_t left = class_of.size();
  for (const std::size_t node : merge_order(nodes_)) {
    if (left <= classes) break;
    std::set<std::string> joined;
    for (const auto& type : types_below[node])
      joined.insert(class_of.at(type));
    // A node with one class below it is none of the tree restricted to `present`: it joins nothing and gives
    // no name.
    if (joined.size() < 2) continue;
    for (const auto& type : types_below[node])
      class_of.at(type) = nodes_[node].label;
    left -= joined.size() - 1;
  }
  return class_of;
}

}  // namespace cplae::data
