#include "cplae/stats/regression.hpp"

#include "commands.hpp"

namespace cplae::probe {

namespace {

stats::RegressionData training_cells(const Json& request) {
  return {to_matrix(request.at("x")), to_matrix(request.at("y"))};
}

Json predicted(const stats::LinearMap& map, const Json& request) {
  return {{"coefficients", from_matrix(map.coefficients())},
          {"predicted", from_matrix(map.predict(to_matrix(request.at("test"))))}};
}

Json ridge(const Json& request) {
  return predicted(stats::fit_ridge(training_cells(request), request.at("penalty")), request);
}

Json reduced_rank(const Json& request) {
  const stats::ReducedRank how{request.at("penalty"), request.at("rank")};
  return predicted(stats::fit_reduced_rank(training_cells(request), how), request);
}

Json choose_penalty(const Json& request) {
  const auto chosen =
      stats::choose_penalty(training_cells(request), request.at("penalties"), request.at("folds"));
  return {{"penalty", chosen.penalty}, {"errors", chosen.errors}};
}

Json choose_rank(const Json& request) {
  const stats::RankChoices choices{request.at("penalty"), request.at("ranks")};
  const auto chosen = stats::choose_rank(training_cells(request), choices, request.at("folds"));
  return {{"rank", chosen.rank}, {"errors", chosen.errors}};
}

Json choose_neighbours(const Json& request) {
  const auto chosen =
      stats::choose_neighbours(training_cells(request), request.at("counts"), request.at("folds"));
  return {{"k", chosen.k}, {"errors", chosen.errors}};
}

Json predict_by_mean(const Json& request) {
  return from_matrix(stats::predict_by_mean(to_matrix(request.at("y")), request.at("queries")));
}

Json predict_by_neighbours(const Json& request) {
  const stats::RegressionData train = training_cells(request);
  return from_matrix(
      stats::predict_by_neighbours({to_matrix(request.at("test")), train.x, request.at("k")}, train.y));
}

}  // namespace

void add_regression(Commands& commands) {
  commands["ridge"] = ridge;
  commands["reduced_rank"] = reduced_rank;
  commands["choose_penalty"] = choose_penalty;
  commands["choose_rank"] = choose_rank;
  commands["choose_neighbours"] = choose_neighbours;
  commands["predict_by_mean"] = predict_by_mean;
  commands["predict_by_neighbours"] = predict_by_neighbours;
}

}  // namespace cplae::probe
