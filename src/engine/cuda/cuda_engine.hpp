#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cplae/engine/engine.hpp"

namespace cplae::engine::cuda {

/// Why there is no fused engine on this GPU: the build lacks the kernels (CPLAE_CUDA), or the GPU is too old
/// for them. Empty: there is one.
[[nodiscard]] std::string why_no_cuda_engine(const model::Device& device);

/// Networks like this one that fit in a rank's share of the free memory of the GPU, at least 1; at most so
/// many as are worth stepping together.
[[nodiscard]] std::size_t cuda_capacity(const Subject& subject, const model::Device& device);

/// The fused engine for a group of networks on the GPU. Throws Error, OutOfDeviceMemory.
[[nodiscard]] std::unique_ptr<Engine> make_cuda_engine(const std::vector<Subject>& subjects,
                                                       const model::Device& device);

}  // namespace cplae::engine::cuda
