#include "cplae/stats/regression.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "check.hpp"
#include "cplae/core/error.hpp"
#include "present_means.hpp"
#include "ridge_system.hpp"

namespace cplae::stats {

namespace {

/// The cells of one inner fold, and the others.
struct InnerSplit {
  RegressionData train;
  RegressionData held_out;
};

InnerSplit split_at(const RegressionData& data, const std::vector<std::size_t>& fold_of_cell,
                    std::size_t fold) {
  std::vector<Eigen::Index> inside;
  std::vector<Eigen::Index> outside;
  for (std::size_t cell = 0; cell < fold_of_cell.size(); ++cell)
    (fold_of_cell[cell] == fold ? inside : outside).push_back(static_cast<Eigen::Index>(cell));
  const auto take = [&](const std::vector<Eigen::Index>& cells) {
    return RegressionData{data.x(cells, Eigen::all), data.y(cells, Eigen::all)};
  };
  return {take(outside), take(inside)};
}

/// Mean squared errors of held-out entries, one for each choice. errors_of(split) gives the sums of one fold.
template <class ErrorsOf>
std::vector<double> over_folds(const RegressionData& data, const std::vector<std::size_t>& fold_of_cell,
                               std::size_t choices, ErrorsOf errors_of) {
  const std::set<std::size_t> folds(fold_of_cell.begin(), fold_of_cell.end());
  if (fold_of_cell.size() != static_cast<std::size_t>(data.x.rows()) || data.x.rows() != data.y.rows() ||
      folds.size() < 2 || choices < 1) {
    throw NumericError("regression: " + std::to_string(choices) + " choices over " +
                       std::to_string(folds.size()) + " inner folds of " +
                       std::to_string(fold_of_cell.size()) + " cells, of which features have " +
                       std::to_string(data.x.rows()) + " and targets " + std::to_string(data.y.rows()) +
                       ", expected a choice, two folds or more and the same cells");
  }
  std::vector<double> errors(choices, 0.0);
  for (const std::size_t fold : folds) {
    const std::vector<double> sums = errors_of(split_at(data, fold_of_cell, fold));
    for (std::size_t choice = 0; choice < choices; ++choice)
      errors[choice] += sums[choice] / static_cast<double>(data.y.size());
  }
  return errors;
}

std::size_t least(const std::vector<double>& errors) {
  return static_cast<std::size_t>(std::min_element(errors.begin(), errors.end()) - errors.begin());
}

/// Mean of the targets of each query's neighbours, missing ones left out; where all are missing, that of all
/// cells.
MatrixD mean_of_neighbours(const Indices& near, const MatrixD& targets) {
  MatrixD result = predict_by_mean(targets, near.rows());
  for (Eigen::Index query = 0; query < result.rows(); ++query) {
    Eigen::RowVectorXd sums = Eigen::RowVectorXd::Zero(targets.cols());
    Eigen::RowVectorXd present = sums;
    for (const Eigen::Index cell : near.row(query)) {
      const auto there = (targets.row(cell).array() == targets.row(cell).array()).eval();
      sums += there.select(targets.row(cell), 0.0).matrix();
      present += there.cast<double>().matrix();
    }
    result.row(query) =
        (present.array() > 0).select(sums.array() / present.array(), result.row(query).array());
  }
  return result;
}

}  // namespace

MatrixD LinearMap::predict(const MatrixD& x) const {
  if (x.cols() != parts_.mean_x.size()) {
    throw NumericError("regression: cells of " + std::to_string(x.cols()) + " features, expected " +
                       std::to_string(parts_.mean_x.size()));
  }
  require_usable(x, "regression, features");
  return ((x.rowwise() - parts_.mean_x) * parts_.coefficients).rowwise() + parts_.mean_y;
}

LinearMap fit_ridge(const RegressionData& data, double penalty) {
  const RidgeSystem system(data);
  return system.map(system.coefficients(penalty));
}

LinearMap fit_reduced_rank(const RegressionData& data, const ReducedRank& how) {
  const RidgeSystem system(data);
  const Eigen::MatrixXd full = system.coefficients(how.penalty);
  const Eigen::MatrixXd directions = system.fitted_directions(full, how.rank);
  return system.map((full * directions) * directions.transpose());
}

ChosenPenalty choose_penalty(const RegressionData& data, const std::vector<double>& penalties,
                             const std::vector<std::size_t>& fold_of_cell) {
  const auto errors_of = [&](const InnerSplit& split) {
    const RidgeSystem system(split.train);
    std::vector<double> sums;
    for (const double penalty : penalties) {
      const MatrixD predicted = system.map(system.coefficients(penalty)).predict(split.held_out.x);
      sums.push_back((predicted - split.held_out.y).squaredNorm());
    }
    return sums;
  };
  const std::vector<double> errors = over_folds(data, fold_of_cell, penalties.size(), errors_of);
  return {penalties[least(errors)], errors};
}

ChosenRank choose_rank(const RegressionData& data, const RankChoices& choices,
                       const std::vector<std::size_t>& fold_of_cell) {
  const std::vector<Eigen::Index>& ranks = choices.ranks;
  const auto too_small = std::find_if(ranks.begin(), ranks.end(), [](Eigen::Index rank) { return rank < 1; });
  if (too_small != ranks.end()) {
    throw NumericError("reduced-rank regression: rank " + std::to_string(*too_small) +
                       " asked for, expected 1 or more");
  }
  const auto errors_of = [&](const InnerSplit& split) {
    const RidgeSystem system(split.train);
    const Eigen::MatrixXd full = system.coefficients(choices.penalty);
    const Eigen::MatrixXd directions =
        system.fitted_directions(full, *std::max_element(ranks.begin(), ranks.end()));
    std::vector<double> sums;
    for (const Eigen::Index rank : ranks) {
      const auto leading = directions.leftCols(rank);
      const MatrixD predicted = system.map((full * leading) * leading.transpose()).predict(split.held_out.x);
      sums.push_back((predicted - split.held_out.y).squaredNorm());
    }
    return sums;
  };
  const std::vector<double> errors = over_folds(data, fold_of_cell, ranks.size(), errors_of);
  return {ranks[least(errors)], errors};
}

ChosenNeighbours choose_neighbours(const RegressionData& data, const std::vector<Eigen::Index>& counts,
                                   const std::vector<std::size_t>& fold_of_cell) {
  const Eigen::Index most = *std::max_element(counts.begin(), counts.end());
  const auto errors_of = [&](const InnerSplit& split) {
    const Indices near =
        nearest_neighbours({.queries = split.held_out.x, .reference = split.train.x, .k = most}).cells;
    std::vector<double> sums;
    sums.reserve(counts.size());
    for (const Eigen::Index k : counts)
      sums.push_back((mean_of_neighbours(near.leftCols(k), split.train.y) - split.held_out.y).squaredNorm());
    return sums;
  };
  const std::vector<double> errors = over_folds(data, fold_of_cell, counts.size(), errors_of);
  return {counts[least(errors)], errors};
}

MatrixD predict_by_mean(const MatrixD& targets, Eigen::Index queries) {
  require_usable(targets, "mean prediction, targets", Missing::allowed);
  return present_means(targets, "mean prediction").replicate(queries, 1);
}

MatrixD predict_by_neighbours(const NeighbourSearch& search, const MatrixD& targets) {
  if (search.reference.rows() != targets.rows()) {
    throw NumericError("nearest neighbours: targets of " + std::to_string(targets.rows()) +
                       " cells for a reference of " + std::to_string(search.reference.rows()) +
                       ", expected the same cells");
  }
  return mean_of_neighbours(nearest_neighbours(search).cells, targets);
}

}  // namespace cplae::stats
