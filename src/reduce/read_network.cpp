#include "read_network.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "cplae/core/error.hpp"

namespace cplae::reduce {

namespace {

/// How many cells have latents of a modality that they lack.
std::size_t strangers(const MatrixF& latents, const data::Modality& modality) {
  std::size_t found = 0;
  for (Eigen::Index cell = 0; cell < latents.rows(); ++cell)
    if (modality.present[static_cast<std::size_t>(cell)] == 0 && !std::isnan(latents(cell, 0))) ++found;
  return found;
}

void require(bool holds, const study::Network& network, const std::string& found) {
  if (holds) return;
  throw DataError("unit of network '" + network.id + "': " + found +
                  "; it was trained on other cells, maybe by an earlier version: --overwrite begins anew");
}

}  // namespace

store::NetworkUnit read_network(const Context& context, const study::Network& network,
                                const store::UnitStore& units) {
  auto unit = store::to_network_unit(units.read_awaited(store::UnitKind::network, network.id));
  require(unit.split.size() == context.cells.size(), network,
          "cells of the split " + std::to_string(unit.split.size()) + ", expected " +
              std::to_string(context.cells.size()));
  if (!unit.result.finite) return unit;
  for (std::size_t m = 0; m < context.data.modalities.size(); ++m) {
    const auto& modality = context.data.modalities[m];
    const std::size_t others = strangers(unit.result.latents[m], modality);
    require(others == 0, network,
            "latents of " + modality.name + " for " + std::to_string(others) +
                " cells that lack it, expected none");
  }
  return unit;
}

}  // namespace cplae::reduce
