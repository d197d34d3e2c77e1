#include "commands.hpp"
#include "cplae/core/stopwatch.hpp"
#include "cplae/stats/gmm.hpp"
#include "cplae/stats/kmeans.hpp"

namespace cplae::probe {

namespace {

stats::MixtureOptions options_of(const Json& request) {
  stats::MixtureOptions options;
  options.components = request.value("components", options.components);
  options.starts = request.value("starts", options.starts);
  options.tolerance = request.value("tolerance", options.tolerance);
  options.covariance_floor = request.value("covariance_floor", options.covariance_floor);
  options.max_iterations = request.value("max_iterations", options.max_iterations);
  options.swaps = request.value("swaps", options.swaps);
  return options;
}

Json describe(const stats::MixtureRun& run, const MatrixD& values) {
  Json answer = {{"weights", from_vector(run.mixture.weights)},
                 {"means", from_matrix(run.mixture.means)},
                 {"lower_bound", run.lower_bound},
                 {"iterations", run.iterations},
                 {"converged", run.converged},
                 {"log_likelihood", stats::log_likelihood(run.mixture, values)},
                 {"labels", stats::predict(run.mixture, values)},
                 {"parameters", run.mixture.parameter_count()},
                 {"bic", stats::bic(run.mixture, values)}};
  for (const MatrixD& covariance : run.mixture.covariances)
    answer["covariances"].push_back(from_matrix(covariance));
  return answer;
}

Json em(const Json& request) {
  const MatrixD values = to_matrix(request.at("values"));
  return describe(stats::run_em(values, to_matrix(request.at("responsibilities")), options_of(request)),
                  values);
}

Json mixture(const Json& request) {
  const MatrixD values = to_matrix(request.at("values"));
  const Stopwatch watch;
  const auto fit =
      stats::fit_mixture(values, options_of(request), NetworkKey{request.value("key", std::uint64_t{0})});
  const double seconds = watch.seconds();
  Json answer = describe(fit.best, values);
  answer["seconds"] = seconds;
  answer["best_start"] = fit.best_start;
  answer["failed_starts"] = fit.failed_starts;
  answer["kept_swaps"] = fit.kept_swaps;
  answer["total_iterations"] = fit.total_iterations;
  return answer;
}

Json k_means(const Json& request) {
  const RandomStream random(NetworkKey{request.value("key", std::uint64_t{0})},
                            {.purpose = Purpose::mixture});
  const auto result =
      stats::k_means(to_matrix(request.at("values")), {.clusters = request.at("clusters")}, random);
  return {{"labels", result.labels},
          {"centres", from_matrix(result.centres)},
          {"inertia", result.inertia},
          {"iterations", result.iterations}};
}

}  // namespace

void add_mixtures(Commands& commands) {
  commands["em"] = em;
  commands["mixture"] = mixture;
  commands["k_means"] = k_means;
}

}  // namespace cplae::probe
