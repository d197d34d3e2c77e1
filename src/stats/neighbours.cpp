#include "cplae/stats/neighbours.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "distances.hpp"

namespace cplae::stats {

namespace {

void require_search(const NeighbourSearch& search) {
  if (search.queries.cols() != search.reference.cols() || search.k < 1 ||
      search.k > search.reference.rows()) {
    throw NumericError("nearest neighbours: " + std::to_string(search.k) + " asked for among " +
                       std::to_string(search.reference.rows()) + " cells of " +
                       std::to_string(search.reference.cols()) + " dimensions for queries of " +
                       std::to_string(search.queries.cols()) +
                       ", expected the same dimensions and 1 to as many neighbours as cells");
  }
  require_usable(search.queries, "nearest neighbours, queries");
  require_usable(search.reference, "nearest neighbours, reference");
}

/// The scored queries' labels, and those of the neighbours of each.
struct LabelsFound {
  std::vector<std::string> own;                      // [scored]
  std::vector<std::vector<std::string>> neighbours;  // [scored][k], nearest first
  std::map<std::string, std::size_t> sizes;          // of the reference's labels
  std::size_t n_labelled = 0;
};

void require_labels(const LabelledCells& cells, const std::string& side) {
  if (cells.labels.size() == static_cast<std::size_t>(cells.values.rows())) return;
  throw NumericError("nearest neighbours, " + side + ": " + std::to_string(cells.labels.size()) +
                     " labels for " + std::to_string(cells.values.rows()) +
                     " cells, expected as many of each");
}

/// Rows whose label `is_taken` takes.
template <class Taken>
std::vector<Eigen::Index> rows_where(const std::vector<std::string>& labels, Taken is_taken) {
  std::vector<Eigen::Index> rows;
  for (std::size_t cell = 0; cell < labels.size(); ++cell)
    if (is_taken(labels[cell])) rows.push_back(static_cast<Eigen::Index>(cell));
  return rows;
}

LabelsFound find_labels(const LabelSearch& search) {
  require_labels(search.queries, "queries");
  require_labels(search.reference, "reference");
  const auto labelled = [](const std::string& label) { return !label.empty(); };
  LabelsFound found;
  found.n_labelled = rows_where(search.queries.labels, labelled).size();
  const std::vector<Eigen::Index> reference = rows_where(search.reference.labels, labelled);
  for (const Eigen::Index cell : reference)
    ++found.sizes[search.reference.labels[static_cast<std::size_t>(cell)]];
  const std::vector<Eigen::Index> scored = rows_where(
      search.queries.labels, [&](const std::string& label) { return found.sizes.contains(label); });
  if (reference.empty()) return found;
  const Neighbours near = nearest_neighbours(
      {search.queries.values(scored, Eigen::all), search.reference.values(reference, Eigen::all),
       std::min(search.k, static_cast<Eigen::Index>(reference.size()))});
  for (Eigen::Index query = 0; query < near.cells.rows(); ++query) {
    found.own.push_back(
        search.queries.labels[static_cast<std::size_t>(scored[static_cast<std::size_t>(query)])]);
    found.neighbours.emplace_back();
    for (const Eigen::Index cell : near.cells.row(query)) {
      const Eigen::Index row = reference[static_cast<std::size_t>(cell)];
      found.neighbours.back().push_back(search.reference.labels[static_cast<std::size_t>(row)]);
    }
  }
  return found;
}

/// The label of most votes; of equals the one that is met first.
const std::string& majority(const std::vector<std::string>& votes) {
  std::map<std::string, std::size_t> counts;
  std::size_t most = 0;
  for (const std::string& vote : votes)
    most = std::max(most, ++counts[vote]);
  return *std::find_if(votes.begin(), votes.end(),
                       [&](const std::string& vote) { return counts[vote] == most; });
}

double share_of(double sum, std::size_t cells) {
  return cells > 0 ? sum / static_cast<double>(cells) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Neighbours nearest_neighbours(const NeighbourSearch& search) {
  require_search(search);
  const MatrixD columns = search.reference.transpose();
  const Eigen::Index queries = search.queries.rows();
  Neighbours result{Indices(queries, search.k), MatrixD(queries, search.k)};
  std::vector<Eigen::Index> order(static_cast<std::size_t>(columns.cols()));
  constexpr Eigen::Index block = 64;
  for (Eigen::Index first = 0; first < queries; first += block) {
    const Eigen::Index rows = std::min(block, queries - first);
    const MatrixD squares = squared_distances(search.queries.middleRows(first, rows), columns);
    for (Eigen::Index row = 0; row < rows; ++row) {
      std::iota(order.begin(), order.end(), Eigen::Index{0});
      const auto nearer = [&](Eigen::Index a, Eigen::Index b) {
        return squares(row, a) < squares(row, b) || (squares(row, a) == squares(row, b) && a < b);
      };
      std::partial_sort(order.begin(), order.begin() + search.k, order.end(), nearer);
      for (Eigen::Index i = 0; i < search.k; ++i) {
        result.cells(first + row, i) = order[static_cast<std::size_t>(i)];
        result.distances(first + row, i) = std::sqrt(squares(row, order[static_cast<std::size_t>(i)]));
      }
    }
  }
  return result;
}

LabelTransfer label_transfer(const LabelSearch& search) {
  const LabelsFound found = find_labels(search);
  double hits = 0;
  for (std::size_t query = 0; query < found.own.size(); ++query)
    hits += majority(found.neighbours[query]) == found.own[query] ? 1 : 0;
  return {share_of(hits, found.own.size()), found.own.size(), found.n_labelled};
}

Purity purity(const LabelSearch& search) {
  const LabelsFound found = find_labels(search);
  double shares = 0;
  double ceilings = 0;
  for (std::size_t query = 0; query < found.own.size(); ++query) {
    const std::vector<std::string>& near = found.neighbours[query];
    const auto k = static_cast<double>(near.size());
    shares += static_cast<double>(std::count(near.begin(), near.end(), found.own[query])) / k;
    ceilings += std::min(k, static_cast<double>(found.sizes.at(found.own[query]))) / k;
  }
  return {share_of(shares, found.own.size()), share_of(ceilings, found.own.size()), found.own.size(),
          found.n_labelled};
}

}  // namespace cplae::stats
