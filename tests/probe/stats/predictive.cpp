#include "cplae/stats/predictive.hpp"

#include "commands.hpp"

namespace cplae::probe {

namespace {

/// Fitted on the cells in two parts, as folds are.
Json predictive(const Json& request) {
  const MatrixF truth = to_matrix_f(request.at("truth"));
  const MatrixD mean = to_matrix(request.at("mean"));
  const MatrixD spread = to_matrix(request.at("spread"));
  const Eigen::Index half = truth.rows() / 2;
  const Eigen::Index rest = truth.rows() - half;
  stats::ErrorSums sums(truth.cols());
  stats::ErrorSums others(truth.cols());
  sums.add(truth.topRows(half), mean.topRows(half), spread.topRows(half));
  others.add(truth.bottomRows(rest), mean.bottomRows(rest), spread.bottomRows(rest));
  sums.add(others);
  const auto variance = sums.fit();
  const MatrixD sd = stats::predictive_sd(variance, spread);
  const auto found = stats::coverage(truth, mean, sd);
  Json shares = Json::array();
  for (std::size_t nominal = 0; nominal < stats::nominal_shares.size(); ++nominal)
    shares.push_back({stats::nominal_shares.at(nominal), found.share(nominal)});
  return {{"constant", variance.constant},
          {"slope", variance.slope},
          {"sd", from_matrix(sd)},
          {"entries", found.entries},
          {"coverage", std::move(shares)}};
}

}  // namespace

void add_predictive(Commands& commands) {
  commands["predictive"] = predictive;
}

}  // namespace cplae::probe
