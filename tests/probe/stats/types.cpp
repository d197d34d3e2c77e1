#include "commands.hpp"
#include "cplae/stats/correlation.hpp"
#include "cplae/stats/ensemble.hpp"
#include "cplae/stats/type_means.hpp"

namespace cplae::probe {

namespace {

Json correlations(const Json& request) {
  const auto first = to_doubles(request.at("first"));
  const auto second = to_doubles(request.at("second"));
  return {{"pearson", stats::pearson(first, second)}, {"spearman", stats::spearman(first, second)}};
}

Json means_json(const stats::TypeMeans& means) {
  Json types = Json::array();
  Json features = Json::array();
  for (const auto& found : stats::correlation_of_types(means))
    types.push_back({found.pearson, found.n});
  for (const auto& found : stats::correlation_of_features(means))
    features.push_back({found.pearson, found.n});
  return {{"measured", from_matrix(means.measured)},
          {"decoded", from_matrix(means.decoded)},
          {"cells", means.cells},
          {"types", std::move(types)},
          {"features", std::move(features)}};
}

/// The cells come in two parts, as folds do.
Json type_means(const Json& request) {
  const MatrixF measured = to_matrix_f(request.at("measured"));
  const MatrixF decoded = to_matrix_f(request.at("decoded"));
  const auto types = request.at("types").get<std::vector<std::size_t>>();
  stats::TypeSums sums(request.at("count"), measured.cols());
  const Eigen::Index half = measured.rows() / 2;
  const auto middle = types.begin() + half;
  const MatrixF parts[] = {measured.topRows(half), decoded.topRows(half),
                           measured.bottomRows(measured.rows() - half),
                           decoded.bottomRows(measured.rows() - half)};
  sums.add({parts[0], parts[1], {types.begin(), middle}});
  sums.add({parts[2], parts[3], {middle, types.end()}});
  const stats::TypeMeans means = sums.means();
  const stats::TypeMeans scaled = stats::normalised(means);
  return {{"raw", means_json(means)},
          {"normalised", means_json(scaled)},
          {"centred", means_json(stats::centred(scaled))}};
}

Json ensemble(const Json& request) {
  const MatrixF truth = to_matrix_f(request.at("truth"));
  stats::EnsembleSums sums(truth.rows(), truth.cols());
  for (const Json& member : request.at("members"))
    sums.add(to_matrix_f(member));
  const auto found = stats::calibration(truth, sums.mean(), sums.spread());
  return {{"mean", from_matrix(sums.mean())},
          {"spread", from_matrix(sums.spread())},
          {"entries", found.entries},
          {"numbers",
           {found.mean_spread, found.mean_error, found.rank_correlation, found.within_features,
            found.within_two_spreads}}};
}

}  // namespace

void add_types(Commands& commands) {
  commands["correlations"] = correlations;
  commands["type_means"] = type_means;
  commands["ensemble"] = ensemble;
}

}  // namespace cplae::probe
