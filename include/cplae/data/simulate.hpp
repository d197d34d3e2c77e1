#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/dataset.hpp"

namespace cplae::data {

/// A modality of real-valued features, such as electrophysiology: smooth nonlinear functions of the latents,
/// noise, missing entries.
struct ContinuousSpec {
  std::string name;
  std::size_t features = 0;
  double noise = 0.5;  ///< mean share of a feature's variance that is independent noise, in [0, 1)
  double private_sd =
      0.5;  ///< SD of the latents that only this modality sees; those of the cell have SD near 1
  double missing_rate = 0;  ///< chance that an entry is missing
};

/// The modality of counts ("T"). Mean counts of a cell are library size x softmax over genes of level + gain
/// x smooth function of the latents.
struct CountSpec {
  std::size_t genes = 0;
  double level_sd = 1.5;          ///< of the genes' log_e levels
  double gain = 1.0;              ///< typical SD over cells of a gene's log_e rate
  double private_sd = 0.3;        ///< as in ContinuousSpec
  double library_mean = 2e5;      ///< counts a cell
  double library_sd = 0.5;        ///< of log_e(library size)
  double dispersion = 1.0;        ///< negative binomial: variance = mean + dispersion x mean^2
  double dropout_half_cpm = 100;  ///< mean CPM at which half of the entries are lost (set to 0)
};

/// All numbers behind a simulated cohort.
struct SimulationSpec {
  std::size_t cells = 0;
  std::size_t types = 0;
  std::size_t families = 0;     ///< top-level branches of the tree of types
  std::size_t least_cells = 4;  ///< of any type
  double abundance_exponent =
      1.3;  ///< type of rank r has a share ~ (r + abundance_shift)^-exponent of the cells beyond least_cells
  double abundance_shift = 0;
  std::size_t latent_dim = 3;
  double branch_length = 2.0;  ///< distance by which the first branching parts two groups of types
  double branch_shrink = 0.8;  ///< of that distance, from one branching to the next
  double within_sd = 0.3;      ///< typical SD of a type's cells in one latent dimension
  CountSpec counts = {};
  std::vector<ContinuousSpec> continuous = {};
  bool store_counts = false;  ///< raw counts in T instead of log_e(CPM + 1)
  double lack = 0;            ///< chance that a cell lacks a modality; every cell keeps at least one
};

/// A dataset whose truth is known.
struct Cohort {
  Dataset dataset;       ///< obs columns leaf (type) and family (branch), both text; taxonomy of the types
  MatrixD latent_truth;  ///< [cells x latent_dim]
  MatrixD type_centres;  ///< [types x latent_dim], rows in the order of `type_labels`
  std::vector<std::string> type_labels;
};

/// Presets tiny (240 cells), demo (900) and paper (3,411; the shape of Gala et al. 2021), with 1 to 6
/// modalities: T, E, M, A, B, C, the last four like E in kind. Throws UsageError for another name or number.
[[nodiscard]] SimulationSpec preset(const std::string& name, std::size_t modalities = 2);

/// Draws a cohort; a pure function of its arguments. Types get their place in latent space by descending a
/// random binary tree; cells scatter about their type's place; T holds negative binomial counts with library
/// size and dropout, as log_e(CPM + 1); the others are z-scored, NaN = missing. The taxonomy is the
/// average-linkage tree of the types' places: heights are mean distances between the places that a node
/// joins. Throws UsageError for numbers that make no cohort. Local.
[[nodiscard]] Cohort simulate(const SimulationSpec& spec, std::uint64_t seed);

}  // namespace cplae::data
