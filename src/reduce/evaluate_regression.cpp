#include <algorithm>
#include <cmath>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/stats/pca.hpp"
#include "cplae/stats/regression.hpp"
#include "parts.hpp"
#include "prediction_record.hpp"
#include "scores.hpp"
#include "subsets.hpp"

namespace cplae::reduce {

namespace {

/// Settings are chosen by cross-validation within the training cells, which held-out cells take no part in.
constexpr Eigen::Index inner_folds = 5;
/// Penalties of ridge regression in units of the mean sum of squares of a feature.
constexpr double penalty_factors[] = {1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1, 3, 10, 30, 100};
constexpr Eigen::Index ranks[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32};
constexpr Eigen::Index neighbour_counts[] = {5, 10, 15, 20, 30, 50};
/// Neighbours are looked for among so many principal components, as is usual for expression profiles.
constexpr Eigen::Index neighbour_components = 50;

/// Missing entries become the mean of their feature over the training cells, as the networks' zeros of
/// scaled features are.
class Filler {
public:
  explicit Filler(const MatrixD& training) : means_(stats::predict_by_mean(training, 1)) {}
  [[nodiscard]] MatrixD fill(MatrixD values) const {
    for (Eigen::Index row = 0; row < values.rows(); ++row)
      for (Eigen::Index column = 0; column < values.cols(); ++column)
        if (std::isnan(values(row, column))) values(row, column) = means_(0, column);
    return values;
  }

private:
  MatrixD means_;
};

MatrixD rows_of(const data::Modality& modality, const std::vector<Eigen::Index>& cells) {
  return modality.values(cells, Eigen::all).cast<double>();
}

/// What a predictor learns from and is asked: complete, [cells x features].
struct Problem {
  stats::RegressionData training;
  MatrixD queries;
};

struct ProblemCells {
  std::vector<Eigen::Index> training;
  std::vector<Eigen::Index> held_out;
};

/// Throws NumericError where no cell can be learnt from.
Problem problem_of(const data::Modality& from, const data::Modality& to, const ProblemCells& cells) {
  if (cells.training.empty()) throw NumericError("no training cell has both");
  const MatrixD x = rows_of(from, cells.training);
  const MatrixD y = rows_of(to, cells.training);
  const Filler fill_x(x);
  return {{fill_x.fill(x), Filler(y).fill(y)}, fill_x.fill(rows_of(from, cells.held_out))};
}

std::vector<std::size_t> inner_fold_of_cell(Eigen::Index cells) {
  std::vector<std::size_t> folds;
  for (Eigen::Index cell = 0; cell < cells; ++cell)
    folds.push_back(static_cast<std::size_t>(cell % inner_folds));
  return folds;
}

double chosen_penalty(const stats::RegressionData& training) {
  const MatrixD centred = training.x.rowwise() - training.x.colwise().mean();
  const double scale = centred.squaredNorm() / static_cast<double>(centred.cols());
  if (!(scale > 0)) throw NumericError("regression: all features are constant over the training cells");
  std::vector<double> penalties;
  for (const double factor : penalty_factors)
    penalties.push_back(factor * scale);
  return stats::choose_penalty(training, penalties, inner_fold_of_cell(training.x.rows())).penalty;
}

MatrixD by_ridge(const Problem& problem) {
  return stats::fit_ridge(problem.training, chosen_penalty(problem.training)).predict(problem.queries);
}

MatrixD by_reduced_rank(const Problem& problem) {
  const auto& training = problem.training;
  const double penalty = chosen_penalty(training);
  const Eigen::Index most = std::min(training.x.cols(), training.y.cols());
  std::vector<Eigen::Index> possible;
  std::copy_if(std::begin(ranks), std::end(ranks), std::back_inserter(possible),
               [&](Eigen::Index rank) { return rank <= most; });
  const auto chosen = stats::choose_rank(training, {.penalty = penalty, .ranks = possible},
                                         inner_fold_of_cell(training.x.rows()));
  return stats::fit_reduced_rank(training, {.penalty = penalty, .rank = chosen.rank})
      .predict(problem.queries);
}

MatrixD by_neighbours(const Problem& problem) {
  const auto& training = problem.training;
  const Eigen::Index most = std::min({neighbour_components, training.x.cols(), training.x.rows() - 1});
  const auto space = stats::Pca::fit(training.x, most, stats::Shortage::fewer);
  const MatrixD reference = space.transform(training.x);
  // The smallest training part of the inner folds.
  const Eigen::Index cells = training.x.rows() - (training.x.rows() + inner_folds - 1) / inner_folds;
  std::vector<Eigen::Index> possible;
  std::copy_if(std::begin(neighbour_counts), std::end(neighbour_counts), std::back_inserter(possible),
               [&](Eigen::Index k) { return k <= cells; });
  if (possible.empty()) possible.push_back(1);
  const auto chosen =
      stats::choose_neighbours({reference, training.y}, possible, inner_fold_of_cell(training.x.rows()));
  return stats::predict_by_neighbours(
      {.queries = space.transform(problem.queries), .reference = reference, .k = chosen.k}, training.y);
}

MatrixD predicted_by(const std::string& method, const Problem& problem) {
  if (method == "mean") return stats::predict_by_mean(problem.training.y, problem.queries.rows());
  if (method == "neighbours") return by_neighbours(problem);
  if (method == "ridge") return by_ridge(problem);
  return by_reduced_rank(problem);
}

}  // namespace

void evaluate_regression(const Context& context, const StatisticsUnit& unit, Record& record) {
  const auto& network = context.plan.networks[unit.network];
  const std::string& method = context.study.experiments[unit.experiment].baselines[unit.baseline];
  const data::Split split = study::split_of(context.study, context.plan, network, context.labels);
  ReconstructionRows rows;
  std::string problem;
  bool any = false;
  const auto& modalities = context.data.modalities;
  for (const Subset& subset : all_sources(modalities.size())) {
    const data::Modality from = side_by_side(modalities, subset);
    for (std::size_t t = 0; t < modalities.size(); ++t) {
      const auto& to = modalities[t];
      const auto held_out = held_out_with(from, to, split);
      if (holds(subset, t) || held_out.empty()) continue;
      heed_stop(context);
      try {
        const MatrixF predicted =
            predicted_by(method, problem_of(from, to, {training_with(from, to, split), held_out}))
                .cast<float>();
        rows.add(from, to, to.values(held_out, Eigen::all), predicted);
        if (subset.size() == 1) put(record, Direction{subset.front(), t}, predicted);
        any = true;
      } catch (const NumericError& error) {
        // Modalities may share few cells: the other directions stand.
        problem = from.name + " to " + to.name + ": " + error.what();
        log::warning(unit.id + ": " + problem);
      }
    }
  }
  if (!any && !problem.empty()) throw NumericError(problem);
  put(record, "features", rows.take_features());
  put(record, "reconstruction", rows.take_reconstruction());
}

}  // namespace cplae::reduce
