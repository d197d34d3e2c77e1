#pragma once
#include <cstddef>
#include <memory>

#include "engine/cuda/backend.hpp"

namespace cplae::engine::cuda {

struct CudaOptions {
  int device = 0;
  bool graphs = true;  ///< false: every launch on its own, the same numbers (a test)
};

/// Memory and launches of a GPU. Everything throws Error with CUDA's text, allocate OutOfDeviceMemory.
[[nodiscard]] std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options);

/// The major number of the GPU's compute capability. Throws Error.
[[nodiscard]] int compute_capability(int device);

/// Memory of the GPU that no program has taken. Throws Error.
[[nodiscard]] std::size_t free_bytes(int device);

}  // namespace cplae::engine::cuda
