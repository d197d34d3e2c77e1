#pragma once
// What several modalities of a cell say together.
#include <cstddef>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/dataset.hpp"
#include "cplae/study/study.hpp"

namespace cplae::reduce {

/// One modality or more: their places in the study, ascending.
using Subset = std::vector<std::size_t>;

/// Studies of more modalities have pairs and all but one only: of six there are 26 subsets of two and more
/// for each other modality, of seven there would be 57, and features.csv has a row for each of them, network
/// and feature.
inline constexpr std::size_t most_with_all_subsets = 6;

/// Each modality by itself. Pure.
[[nodiscard]] std::vector<Subset> single_modalities(std::size_t modalities);

/// Subsets of two or more from which others are predicted, and all modalities together: by size, then in the
/// study's order. Beyond `most_with_all_subsets` those of two, of all but one and of all. None of fewer than
/// three modalities. Pure.
[[nodiscard]] std::vector<Subset> joint_subsets(std::size_t modalities);

/// Single modalities, then joint subsets: all that something may be predicted from. Pure.
[[nodiscard]] std::vector<Subset> all_sources(std::size_t modalities);

/// What networks of this kind predict from: single modalities, and joint subsets where they share a space.
[[nodiscard]] std::vector<Subset> sources_of(const study::NetworkSpec& spec, std::size_t modalities);

[[nodiscard]] bool holds(const Subset& subset, std::size_t modality);

/// Whether `to` is predicted from the subset: from a single modality every one is, its own too; from several
/// the others are.
[[nodiscard]] bool is_predicted(const Subset& from, std::size_t to);

/// Several modalities as one: its name ("T+M") and which cells have it, those that have all. No features.
[[nodiscard]] data::Modality together(const std::vector<data::Modality>& modalities, const Subset& subset);

/// The same with the features and values of all, side by side.
[[nodiscard]] data::Modality side_by_side(const std::vector<data::Modality>& modalities,
                                          const Subset& subset);

/// Mean over the subset of the latents of each cell; NaN for cells that lack one. latents: [modalities]
/// [cells x latent] -> [cells x latent]
[[nodiscard]] MatrixF mean_latents(const std::vector<MatrixF>& latents, const Subset& subset);

}  // namespace cplae::reduce
