#include "cplae/stats/comparison.hpp"

#include "commands.hpp"
#include "cplae/stats/procrustes.hpp"

namespace cplae::probe {

namespace {

Json fold_difference(const Json& request) {
  const auto found = stats::fold_difference(
      to_doubles(request.at("first")), to_doubles(request.at("second")),
      {.test_to_train = to_double(request.at("test_to_train")), .confidence = request.at("confidence")});
  return {{"folds", found.folds},
          {"unpaired", found.unpaired},
          {"mean", found.mean},
          {"sd", found.sd},
          {"standard_error", found.standard_error},
          {"half_width", found.half_width},
          {"p_value", found.p_value}};
}

Json holm(const Json& request) {
  return stats::holm(to_doubles(request.at("p_values")));
}

Json procrustes(const Json& request) {
  const auto centring = request.at("centred") ? stats::Centring::means : stats::Centring::none;
  const auto map =
      stats::OrthogonalMap::fit({to_matrix(request.at("from")), to_matrix(request.at("to"))}, centring);
  return {{"rotation", from_matrix(map.rotation())},
          {"applied", from_matrix(map.apply(to_matrix(request.at("test"))))}};
}

}  // namespace

void add_comparison(Commands& commands) {
  commands["fold_difference"] = fold_difference;
  commands["holm"] = holm;
  commands["procrustes"] = procrustes;
}

}  // namespace cplae::probe
