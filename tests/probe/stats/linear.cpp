#include "commands.hpp"
#include "cplae/stats/cca.hpp"
#include "cplae/stats/pc_cca.hpp"
#include "cplae/stats/pca.hpp"

namespace cplae::probe {

namespace {

using stats::Side;

Json pca(const Json& request) {
  const auto shortage = request.value("fewer", false) ? stats::Shortage::fewer : stats::Shortage::refused;
  const auto model = stats::Pca::fit(to_matrix(request.at("train")), request.at("components"), shortage);
  const MatrixD scores = model.transform(to_matrix(request.at("test")));
  return {{"components", from_matrix(model.components())},
          {"variances", from_vector(model.variances())},
          {"scores", from_matrix(scores)},
          {"inverse", from_matrix(model.inverse(scores))}};
}

Json cca(const Json& request) {
  const std::array<MatrixD, 2> test = {to_matrix(request.at("test").at(0)),
                                       to_matrix(request.at("test").at(1))};
  const auto model = stats::Cca::fit(
      {to_matrix(request.at("train").at(0)), to_matrix(request.at("train").at(1))}, request.at("dim"));
  Json answer = {{"correlations", from_vector(model.correlations())}};
  for (const Side side : {Side::first, Side::second}) {
    const MatrixD scores = model.transform(side, test[static_cast<std::size_t>(side)]);
    answer["scores"].push_back(from_matrix(scores));
    answer["inverse"].push_back(from_matrix(model.inverse(side, scores)));
  }
  return answer;
}

stats::PcCcaModality modality(const Json& request, std::size_t side) {
  const MatrixF values = to_matrix_f(request.at("train").at(side));
  std::vector<std::uint8_t> present(static_cast<std::size_t>(values.rows()), 1);
  if (request.contains("present")) present = request.at("present").at(side).get<std::vector<std::uint8_t>>();
  return {values, present, request.at("components").at(side)};
}

/// latents[from] of all test cells; decoded[from][to] of the last `decode_last` of them.
Json pc_cca(const Json& request) {
  const auto model = stats::PcCca::fit({modality(request, 0), modality(request, 1)}, request.at("dim"));
  Json answer;
  for (const Side from : {Side::first, Side::second}) {
    const MatrixD latents =
        model.encode(from, to_matrix_f(request.at("test").at(static_cast<std::size_t>(from))));
    const MatrixD last = latents.bottomRows(request.value("decode_last", latents.rows()));
    answer["latents"].push_back(from_matrix(latents));
    answer["decoded"].push_back(
        {from_matrix(model.decode(Side::first, last)), from_matrix(model.decode(Side::second, last))});
  }
  return answer;
}

}  // namespace

void add_linear(Commands& commands) {
  commands["pca"] = pca;
  commands["cca"] = cca;
  commands["pc_cca"] = pc_cca;
}

}  // namespace cplae::probe
