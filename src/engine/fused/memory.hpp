#pragma once
#include <cstddef>
#include <memory>

namespace cplae::engine::fused {

/// Memory at cache lines' boundaries, cut one behind the other from large pages where the system has such:
/// what a step touches lies in hundreds of small pages otherwise, more than the processor's table holds. A
/// chunk is given back when the last piece of it is gone.
[[nodiscard]] std::shared_ptr<float> allocate_floats(std::size_t count);

}  // namespace cplae::engine::fused
