#include "commands.hpp"
#include "cplae/stats/classify.hpp"
#include "cplae/stats/histogram.hpp"
#include "cplae/stats/qda.hpp"
#include "cplae/stats/r2.hpp"
#include "cplae/stats/silhouette.hpp"
#include "cplae/stats/summary.hpp"

namespace cplae::probe {

namespace {

Json reconstruction(const Json& request) {
  const MatrixF truth = to_matrix_f(request.at("truth"));
  const MatrixF predicted = to_matrix_f(request.at("predicted"));
  return {{"r2_per_feature", stats::r2_per_feature(truth, predicted)},
          {"r2", stats::r2(truth, predicted)},
          {"mse", stats::mean_squared_error(truth, predicted)},
          {"pearson", stats::pearson_per_feature(truth, predicted)}};
}

Json qda(const Json& request) {
  const stats::QdaOptions options{.regularisation = request.at("regularisation"),
                                  .covariance_ddof = request.at("ddof")};
  const auto model = stats::Qda::fit(to_matrix(request.at("train")), request.at("classes"), options);
  const MatrixD values = to_matrix(request.at("test"));
  return {{"log_posterior", from_matrix(model.log_posterior(values))},
          {"decision", from_matrix(model.decision(values))},
          {"labels", model.predict(values)}};
}

Json classify(const Json& request) {
  stats::ClassificationInput input{to_matrix(request.at("latents")), request.at("class_names"), {}};
  for (const Json& role : request.at("roles"))
    input.roles.push_back(static_cast<stats::CellRole>(role.get<int>()));
  stats::ClassRules rules;
  rules.qda.covariance_ddof = request.value("ddof", rules.qda.covariance_ddof);
  const auto result = stats::classify_accuracy(input, rules);
  return {{"n_classes", result.n_classes},
          {"n_fitted", result.n_fitted},
          {"n_cells", result.n_cells},
          {"accuracy", result.accuracy}};
}

Json bins(const Json& request) {
  const std::vector<double> values = to_doubles(request.at("values"));
  const std::vector<double> edges = stats::freedman_diaconis_edges(values);
  return {{"edges", edges},
          {"counts", stats::histogram(values, edges)},
          {"modal_value", stats::modal_value(values)}};
}

Json silhouette(const Json& request) {
  const MatrixD values = to_matrix(request.at("values"));
  const auto clusters = stats::silhouette_over_clusters(values, request.at("labels"));
  return {{"per_cell", stats::silhouette_per_cell(values, request.at("labels"))},
          {"mean", stats::silhouette(values, request.at("labels"))},
          {"cluster_mean", clusters.mean},
          {"cluster_sd", clusters.sd},
          {"clusters", clusters.n}};
}

Json summary(const Json& request) {
  const auto result = stats::summarise(to_doubles(request.at("values")));
  return {{"mean", result.mean}, {"sd", result.sd}, {"n", result.n}};
}

}  // namespace

void add_measures(Commands& commands) {
  commands["reconstruction"] = reconstruction;
  commands["qda"] = qda;
  commands["classify"] = classify;
  commands["bins"] = bins;
  commands["silhouette"] = silhouette;
  commands["summary"] = summary;
}

}  // namespace cplae::probe
