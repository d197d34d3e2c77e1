#pragma once
#include <memory>
#include <vector>

#include "cplae/engine/engine.hpp"
#include "engine/cuda/backend.hpp"

namespace cplae::engine::cuda {

struct GroupOptions {
  bool chained = true;  ///< false: every product a launch of its own, the same numbers (a test)
};

/// The fused engine for groups on a device. Subjects have one data set, one layout, batch and precision; they
/// may differ in the rest. Throws Error if they differ in these, OutOfDeviceMemory.
[[nodiscard]] std::unique_ptr<Engine> make_group_engine(const std::vector<Subject>& subjects,
                                                        std::unique_ptr<Backend> backend,
                                                        const GroupOptions& options = {});

}  // namespace cplae::engine::cuda
