#pragma once
// Latents of several networks of one split, in one space.
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/store/network_unit.hpp"

namespace cplae::reduce {

/// For each modality the mean over the networks of their latents, each turned onto the first one's by the
/// orthogonal map (stats/procrustes.hpp) that fits best on training cells: one map for all modalities of a
/// network whose modalities share a space, one for each where they do not. NaN where a cell lacks the
/// modality. [modalities] [cells x latent]. Throws NumericError.
[[nodiscard]] std::vector<MatrixD> aligned_latents(const Context& context, const study::NetworkSpec& spec,
                                                   const std::vector<const store::NetworkUnit*>& networks);

}  // namespace cplae::reduce
