#pragma once
#include <string>
#include <vector>

#include "cplae/data/simulate.hpp"
#include "draws.hpp"

namespace cplae::data {

/// The types of a cohort: where they lie in latent space and what they are called.
struct TypeTree {
  MatrixD centres;                    ///< [types x latent_dim]
  std::vector<std::string> labels;    ///< [types], e.g. "B3": third type of family B
  std::vector<std::string> families;  ///< [types], e.g. "B"
  std::vector<Taxonomy::Node> nodes;  ///< average-linkage tree of the centres
};

[[nodiscard]] TypeTree make_type_tree(const SimulationSpec& spec, const SimulationStreams& streams);

/// Cells of each type, [types], in sum spec.cells: a power law of the type's rank; ranks are drawn.
[[nodiscard]] std::vector<std::size_t> type_sizes(const SimulationSpec& spec,
                                                  const SimulationStreams& streams);

}  // namespace cplae::data
