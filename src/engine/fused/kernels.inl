// The kernels, for one set of instructions: included by kernels_<instructions>.cpp, which say which
// (CPLAE_INSTRUCTIONS, a namespace) and how many floats a vector holds (CPLAE_LANES).
//
// Everything here is in a namespace of its own and calls no inline function of a library: the linker keeps
// one copy of those for the whole program, and it must not be one with instructions that a processor lacks.
//
// Each element of a product is one chain of multiply-adds in the order of the summed index, so its bits do
// not depend on the width of the vectors.
#include <cstddef>
#include <cstdint>

#include "engine/fused/kernels.hpp"

namespace cplae::engine::fused::CPLAE_INSTRUCTIONS {

namespace {

constexpr std::size_t lanes = CPLAE_LANES;
constexpr std::size_t vectors = panel / lanes;  ///< of a panel

using Vec = float __attribute__((vector_size(lanes * sizeof(float))));
using Mask = std::int32_t __attribute__((vector_size(lanes * sizeof(float))));
using VecAt = float __attribute__((vector_size(lanes * sizeof(float)), aligned(sizeof(float)), may_alias));

CPLAE_INLINE Vec load(const float* at) {
  return *reinterpret_cast<const VecAt*>(at);
}
CPLAE_INLINE void store(float* at, Vec value) {
  *reinterpret_cast<VecAt*>(at) = value;
}
CPLAE_INLINE Vec all(float value) {
  return value - Vec{};
}

// In the order of use.
// clang-format off
#include "engine/fused/kernel_products.inl"
#include "engine/fused/kernel_output.inl"
#include "engine/fused/kernel_random.inl"
#include "engine/fused/kernel_rows.inl"
// clang-format on

#define CPLAE_TEXT(word) #word
#define CPLAE_NAME(word) CPLAE_TEXT(word)

constexpr Kernels table{product,   gradient, input_row,    output,  column_sums,
                        transpose, adam,     random_words, normals, CPLAE_NAME(CPLAE_INSTRUCTIONS)};

}  // namespace

}  // namespace cplae::engine::fused::CPLAE_INSTRUCTIONS
