#include "commands.hpp"
#include "cplae/stats/foscttm.hpp"
#include "cplae/stats/neighbours.hpp"

namespace cplae::probe {

namespace {

Json neighbours(const Json& request) {
  const auto found = stats::nearest_neighbours(
      {to_matrix(request.at("queries")), to_matrix(request.at("reference")), request.at("k")});
  return {{"cells", from_matrix(found.cells)}, {"distances", from_matrix(found.distances)}};
}

stats::LabelledCells labelled_cells(const Json& side) {
  return {to_matrix(side.at("values")), side.at("labels")};
}

Json labels_of_neighbours(const Json& request) {
  const stats::LabelSearch search{labelled_cells(request.at("queries")),
                                  labelled_cells(request.at("reference")), request.at("k")};
  const auto transfer = stats::label_transfer(search);
  const auto purity = stats::purity(search);
  return {{"accuracy", transfer.accuracy},       {"n_cells", transfer.n_cells},
          {"n_labelled", transfer.n_labelled},   {"purity", purity.mean},
          {"ceiling", purity.ceiling},           {"purity_cells", purity.n_cells},
          {"purity_labelled", purity.n_labelled}};
}

Json foscttm(const Json& request) {
  const auto scores = stats::foscttm({to_matrix(request.at("first")), to_matrix(request.at("second"))});
  const auto numbers = [](const stats::Foscttm& one) {
    return Json{one.from_first, one.from_second, one.mean};
  };
  return {{"closer", numbers(scores.closer)}, {"ties_half", numbers(scores.ties_half)}};
}

}  // namespace

void add_matching(Commands& commands) {
  commands["neighbours"] = neighbours;
  commands["labels_of_neighbours"] = labels_of_neighbours;
  commands["foscttm"] = foscttm;
}

}  // namespace cplae::probe
