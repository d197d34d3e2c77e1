#pragma once
#include <memory>

#include "cplae/engine/engine.hpp"
#include "engine/fused/kernels.hpp"

namespace cplae::engine {

/// One network on one core: hand-derived gradients, own kernels (docs/architecture.md, engines).
[[nodiscard]] std::unique_ptr<Engine> make_fused_engine(
    const Subject& subject, const fused::Kernels& kernels = fused::best_kernels());

}  // namespace cplae::engine
