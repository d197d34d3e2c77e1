#pragma once
#include <cstddef>
#include <string>

#include "cplae/study/study.hpp"

namespace cplae::store {

/// Of study.toml and provenance.json.
inline constexpr std::size_t largest_text_bytes = std::size_t{1} << 26U;

/// A study with the keys that change no number as `other` has them. Where one trainer trains all networks
/// (`trainer`, as in Identity, names no two), the word that asked for it is one of them.
[[nodiscard]] study::Study with_free_keys(study::Study study, const study::Study& other,
                                          const std::string& trainer);

}  // namespace cplae::store
