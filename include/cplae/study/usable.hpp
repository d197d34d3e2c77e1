#pragma once
#include <cstdint>

namespace cplae::study {

/// Classes of more cells than this are usable: the others are left out of every accuracy (DESIGN section 6),
/// and are not taught.
inline constexpr std::int64_t unusable_cells = 10;

}  // namespace cplae::study
