#pragma once
#include "cplae/reduce/context.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/store/units.hpp"

namespace cplae::reduce {

/// The unit of a network, waited for, with a split of the study's cells and latents of those that have each
/// modality. Throws IoError; DataError where it is of other cells, as those of an earlier version can be.
[[nodiscard]] store::NetworkUnit read_network(const Context& context, const study::Network& network,
                                              const store::UnitStore& units);

}  // namespace cplae::reduce
