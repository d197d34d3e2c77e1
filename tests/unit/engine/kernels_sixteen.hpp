#pragma once
#include "engine/fused/kernels.hpp"

namespace cplae::engine::fused {

const Kernels& kernels_sixteen();

}  // namespace cplae::engine::fused
