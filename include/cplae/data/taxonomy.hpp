#pragma once
#include <map>
#include <string>
#include <vector>

namespace cplae::data {

/// A dendrogram of cell types. Leaves are types; an inner node has the height at which its children merge.
class Taxonomy {
public:
  struct Node {
    std::string label;
    std::string parent;  ///< label of the parent; empty for the root
    double height = 0;   ///< of an inner node: the distance at which its children merge
    bool is_leaf = false;
    std::string colour{};  ///< "#RRGGBB" for figures; empty = none
  };

  /// Throws DataError naming the node: repeated label, unknown parent, cycle, more or fewer than one root, a
  /// leaf with children, an inner node without leaves below it, a non-finite height.
  explicit Taxonomy(std::vector<Node> nodes);

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] bool has_leaf(const std::string& label) const;
  /// Labels of the leaves as the tree is drawn: depth first, children in the order of the nodes.
  [[nodiscard]] std::vector<std::string> leaves() const;

  /// Leaf -> labels of the inner nodes above it, nearest first, the root last.
  [[nodiscard]] std::map<std::string, std::vector<std::string>> ancestors() const;

  /// Merges the types in `present` (leaf labels) bottom-up: inner nodes of the tree restricted to `present`,
  /// in order of height (ties: by label), each joining all types below it, until at most `classes` classes
  /// are left; `classes` >= number of types changes nothing. Returns type -> class name (a leaf's own label,
  /// or the label of the joining node). Throws DataError for a type that is no leaf of the tree, naming it.
  /// Source: resolutions of the reference taxonomy in Gala et al., Fig. 1d-e.
  [[nodiscard]] std::map<std::string, std::string> merge(const std::vector<std::string>& present,
                                                         std::size_t classes) const;

private:
  std::vector<Node> nodes_;
};

}  // namespace cplae::data
