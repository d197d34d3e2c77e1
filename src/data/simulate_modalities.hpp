#pragma once
#include <string>

#include "cplae/data/simulate.hpp"
#include "draws.hpp"

namespace cplae::data {

/// T as counts, [cells x genes]; all cells present. `latents` [cells x d] have SD near 1.
[[nodiscard]] Modality simulate_counts(const CountSpec& spec, const MatrixD& latents,
                                       const SimulationStreams& streams);

/// A real-valued modality, z-scored over the entries that are not missing; all cells present.
[[nodiscard]] Modality simulate_continuous(const ContinuousSpec& spec, const MatrixD& latents,
                                           const SimulationStreams& streams);

}  // namespace cplae::data
