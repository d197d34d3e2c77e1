#include "simulate_tree.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace cplae::data {

namespace {

/// One joining of average linkage: the types below it and its children (< types: a leaf, otherwise types +
/// number of the joining).
struct Joining {
  std::size_t left = 0;
  std::size_t right = 0;
  double height = 0;
  std::vector<std::size_t> members;
};

/// Parts the types [first, last) into two groups and moves these apart along a random direction, then each
/// group in turn.
class Descent {
public:
  Descent(const SimulationSpec& spec, Draws draws, MatrixD& centres)
      : shrink_(spec.branch_shrink), draws_(draws), centres_(centres) {}

  void part(std::size_t first, std::size_t last, double length) {
    const std::size_t types = last - first;
    if (types < 2) return;
    const std::size_t least = std::max<std::size_t>(1, types / 3);
    const std::size_t left = least + draws_.below(types - 2 * least + 1);
    const Eigen::RowVectorXd step = direction() * length;
    const double left_share = static_cast<double>(left) / static_cast<double>(types);
    for (std::size_t t = first; t < last; ++t) {
      centres_.row(static_cast<Eigen::Index>(t)) +=
          t < first + left ? (step * (1 - left_share)).eval() : (step * -left_share).eval();
    }
    part(first, first + left, length * shrink_);
    part(first + left, last, length * shrink_);
  }

private:
  Eigen::RowVectorXd direction() {
    Eigen::RowVectorXd out(centres_.cols());
    do {
      for (double& x : out)
        x = draws_.normal();
    } while (out.norm() < 1e-6);
    return out.normalized();
  }

  double shrink_;
  Draws draws_;
  MatrixD& centres_;
};

double mean_distance(const MatrixD& distances, const Joining& a, const Joining& b) {
  double sum = 0;
  for (const std::size_t i : a.members) {
    for (const std::size_t j : b.members)
      sum += distances(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  }
  return sum / static_cast<double>(a.members.size() * b.members.size());
}

/// The two clusters of `open` with the least mean distance, as positions in it.
std::pair<std::size_t, std::size_t> nearest_pair(const std::vector<Joining>& all,
                                                 const std::vector<std::size_t>& open,
                                                 const MatrixD& distances, double& height) {
  std::pair<std::size_t, std::size_t> best{0, 1};
  height = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < open.size(); ++i) {
    for (std::size_t j = i + 1; j < open.size(); ++j) {
      const double distance = mean_distance(distances, all[open[i]], all[open[j]]);
      if (distance < height) {
        height = distance;
        best = {i, j};
      }
    }
  }
  return best;
}

/// Leaves first, then the joinings in order of height, which never falls in average linkage.
std::vector<Joining> average_linkage(const MatrixD& centres) {
  const auto types = static_cast<std::size_t>(centres.rows());
  MatrixD distances(centres.rows(), centres.rows());
  for (Eigen::Index i = 0; i < centres.rows(); ++i) {
    for (Eigen::Index j = 0; j < centres.rows(); ++j)
      distances(i, j) = (centres.row(i) - centres.row(j)).norm();
  }
  std::vector<Joining> all(types);
  std::vector<std::size_t> open(types);
  for (std::size_t t = 0; t < types; ++t)
    all[t].members = {t};
  std::iota(open.begin(), open.end(), std::size_t{0});
  while (open.size() > 1) {
    double height = 0;
    const auto [i, j] = nearest_pair(all, open, distances, height);
    Joining joined{.left = open[i], .right = open[j], .height = height, .members = all[open[i]].members};
    const auto& right = all[open[j]].members;
    joined.members.insert(joined.members.end(), right.begin(), right.end());
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(j));
    open[i] = all.size();
    all.push_back(std::move(joined));
  }
  return all;
}

/// Groups that are left when the last families - 1 joinings are undone: the largest is family A; of equals,
/// that of the lowest type.
std::vector<std::vector<std::size_t>> cut(const std::vector<Joining>& all, std::size_t types,
                                          std::size_t families) {
  const std::size_t kept = all.size() - (families - 1);
  std::vector<bool> inner(all.size(), false);
  for (std::size_t c = types; c < kept; ++c)
    inner[all[c].left] = inner[all[c].right] = true;
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t c = 0; c < kept; ++c) {
    if (inner[c]) continue;
    groups.push_back(all[c].members);
    std::sort(groups.back().begin(), groups.back().end());
  }
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() > b.size() : a.front() < b.front();
  });
  return groups;
}

void name_types(TypeTree& tree, const std::vector<std::vector<std::size_t>>& groups, std::size_t types) {
  tree.labels.resize(types);
  tree.families.resize(types);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const std::string family(1, static_cast<char>('A' + g));
    for (std::size_t i = 0; i < groups[g].size(); ++i) {
      tree.labels[groups[g][i]] = family + std::to_string(i + 1);
      tree.families[groups[g][i]] = family;
    }
  }
}

/// The root is n1; numbers rise as heights fall.
std::vector<Taxonomy::Node> taxonomy_nodes(const std::vector<Joining>& all,
                                           const std::vector<std::string>& labels) {
  const auto label = [&](std::size_t c) {
    return c < labels.size() ? labels[c] : "n" + std::to_string(all.size() - c);
  };
  std::vector<std::string> parent(all.size());
  for (std::size_t c = labels.size(); c < all.size(); ++c)
    parent[all[c].left] = parent[all[c].right] = label(c);
  std::vector<Taxonomy::Node> nodes;
  for (std::size_t c = all.size(); c-- > 0;) {
    nodes.push_back(
        {.label = label(c), .parent = parent[c], .height = all[c].height, .is_leaf = c < labels.size()});
  }
  return nodes;
}

}  // namespace

TypeTree make_type_tree(const SimulationSpec& spec, const SimulationStreams& streams) {
  TypeTree tree;
  tree.centres =
      MatrixD::Zero(static_cast<Eigen::Index>(spec.types), static_cast<Eigen::Index>(spec.latent_dim));
  Descent(spec, streams.draws("tree"), tree.centres).part(0, spec.types, spec.branch_length);
  const std::vector<Joining> all = average_linkage(tree.centres);
  name_types(tree, cut(all, spec.types, spec.families), spec.types);
  tree.nodes = taxonomy_nodes(all, tree.labels);
  return tree;
}

std::vector<std::size_t> type_sizes(const SimulationSpec& spec, const SimulationStreams& streams) {
  std::vector<double> weights(spec.types);
  for (std::size_t r = 0; r < spec.types; ++r) {
    weights[r] = std::pow(static_cast<double>(r + 1) + spec.abundance_shift, -spec.abundance_exponent);
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  const std::size_t shared = spec.cells - spec.types * spec.least_cells;
  const std::vector<std::size_t> type_of_rank = streams.permutation("abundance", spec.types);
  std::vector<std::size_t> sizes(spec.types, spec.least_cells);
  // Each rank gets the whole cells between two points of the cumulated shares, so that the sizes add up.
  double cumulated = 0;
  std::size_t given = 0;
  for (std::size_t r = 0; r < spec.types; ++r) {
    cumulated += weights[r];
    const std::size_t up_to =
        r + 1 == spec.types
            ? shared
            : static_cast<std::size_t>(std::lround(cumulated / total * static_cast<double>(shared)));
    sizes[type_of_rank[r]] += up_to - given;
    given = up_to;
  }
  return sizes;
}

}  // namespace cplae::data
