#pragma once

namespace cplae {

/// Sets of instructions that kernels are compiled for, each holding those before it.
enum class Instructions : unsigned char { baseline, avx2, avx512 };

/// The widest that this processor has: avx2 with multiply-adds; avx512 with F, DQ and VL.
[[nodiscard]] Instructions widest_instructions();

}  // namespace cplae
