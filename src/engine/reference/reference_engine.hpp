#pragma once
#include <memory>

#include "cplae/engine/engine.hpp"

namespace cplae::engine {

/// The reference: torch with autograd (docs/model.md), one network.
[[nodiscard]] std::unique_ptr<Engine> make_reference_engine(const Subject& subject,
                                                            const model::Device& device);

}  // namespace cplae::engine
