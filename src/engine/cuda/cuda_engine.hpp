#pragma once
#include <memory>
#include <vector>

#include "cplae/engine/engine.hpp"

namespace cplae::engine::cuda {

/// Whether this build has the kernels for GPUs (CPLAE_CUDA).
[[nodiscard]] bool have_cuda_engine();

/// Networks like this one that fit in the free memory of the GPU, at least 1; at most so many as are worth
/// stepping together.
[[nodiscard]] std::size_t cuda_capacity(const Subject& subject, const model::Device& device);

/// The fused engine for a group of networks on the GPU. Throws Error, OutOfDeviceMemory.
[[nodiscard]] std::unique_ptr<Engine> make_cuda_engine(const std::vector<Subject>& subjects,
                                                       const model::Device& device);

}  // namespace cplae::engine::cuda
