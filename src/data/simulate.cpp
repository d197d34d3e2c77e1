#include "cplae/data/simulate.hpp"

#include <cmath>
#include <limits>
#include <set>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/transform.hpp"
#include "draws.hpp"
#include "simulate_modalities.hpp"
#include "simulate_tree.hpp"

namespace cplae::data {

namespace {

void require(bool holds, const std::string& text) {
  if (!holds) throw UsageError("simulate: " + text);
}

bool is_chance(double value) {
  return value >= 0 && value < 1;
}

void check(const SimulationSpec& spec) {
  require(spec.types >= 2 && spec.types <= 10'000,
          "types: found " + std::to_string(spec.types) + ", expected 2 to 10000");
  require(spec.families >= 1 && spec.families <= std::min<std::size_t>(26, spec.types),
          "families: found " + std::to_string(spec.families) + ", expected 1 to min(26, types)");
  require(spec.least_cells >= 1 && spec.cells >= spec.types * spec.least_cells,
          "cells: found " + std::to_string(spec.cells) + ", expected at least types x least_cells, " +
              std::to_string(spec.types * spec.least_cells));
  require(spec.latent_dim >= 1, "latent_dim: found 0, expected at least 1");
  require(spec.counts.genes >= 2,
          "genes: found " + std::to_string(spec.counts.genes) + ", expected at least 2");
  require(is_chance(spec.lack), "lack: found " + number_text(spec.lack) + ", expected a number in [0, 1)");
  std::set<std::string> names{"T"};
  for (const ContinuousSpec& m : spec.continuous) {
    require(names.insert(m.name).second, "modality '" + m.name + "' is there twice");
    require(m.features >= 1, "modality '" + m.name + "': found no features, expected at least 1");
    require(is_chance(m.noise), "modality '" + m.name + "': noise: found " + number_text(m.noise) +
                                    ", expected a number in [0, 1)");
    require(is_chance(m.missing_rate), "modality '" + m.name + "': missing_rate: found " +
                                           number_text(m.missing_rate) + ", expected a number in [0, 1)");
  }
}

/// Type of every cell, in random order. [cells]
std::vector<std::size_t> types_of_cells(const SimulationSpec& spec, const SimulationStreams& streams) {
  const std::vector<std::size_t> sizes = type_sizes(spec, streams);
  std::vector<std::size_t> sorted;
  for (std::size_t t = 0; t < sizes.size(); ++t)
    sorted.insert(sorted.end(), sizes[t], t);
  std::vector<std::size_t> types;
  for (const std::size_t at : streams.permutation("cells", spec.cells))
    types.push_back(sorted[at]);
  return types;
}

/// Centre of the type and a scatter whose extent differs between types and dimensions. [cells x latent_dim]
MatrixD draw_latents(const SimulationSpec& spec, const MatrixD& centres,
                     const std::vector<std::size_t>& types, const SimulationStreams& streams) {
  const MatrixD extent =
      (0.3 * streams.normal("within/extent", centres.rows(), centres.cols())).array().exp() * spec.within_sd;
  MatrixD latents = streams.normal("within/cells", static_cast<Eigen::Index>(types.size()), centres.cols());
  for (std::size_t i = 0; i < types.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    const auto type = static_cast<Eigen::Index>(types[i]);
    latents.row(row) = (latents.row(row).array() * extent.row(type).array()).matrix() + centres.row(type);
  }
  return latents;
}

/// Mean 0, and SD 1 on average over the dimensions: presets of any tree meet the same range of the smooth
/// maps.
MatrixD standardised(const MatrixD& latents) {
  MatrixD out = latents.rowwise() - latents.colwise().mean();
  return out / std::sqrt(out.squaredNorm() / static_cast<double>(out.size()));
}

void drop_lacking(Dataset& dataset, double lack, const SimulationStreams& streams) {
  Draws draws = streams.draws("lack");
  for (std::size_t i = 0; i < dataset.cells.size(); ++i) {
    std::vector<bool> lacks(dataset.modalities.size());
    std::size_t kept = 0;
    for (std::size_t m = 0; m < lacks.size(); ++m) {
      lacks[m] = draws.uniform() < lack;
      if (!lacks[m]) ++kept;
    }
    const std::size_t saved = kept == 0 ? draws.below(lacks.size()) : lacks.size();
    for (std::size_t m = 0; m < lacks.size(); ++m) {
      if (!lacks[m] || m == saved) continue;
      dataset.modalities[m].present[i] = 0;
      dataset.modalities[m]
          .values.row(static_cast<Eigen::Index>(i))
          .setConstant(std::numeric_limits<float>::quiet_NaN());
    }
  }
}

std::vector<std::string> cell_names(std::size_t n) {
  const std::size_t width = std::to_string(n).size();
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= n; ++i) {
    const std::string number = std::to_string(i);
    names.push_back("cell_" + std::string(width - number.size(), '0') + number);
  }
  return names;
}

Dataset make_dataset(const SimulationSpec& spec, const MatrixD& latents, const SimulationStreams& streams) {
  Dataset dataset;
  dataset.cells = cell_names(spec.cells);
  const MatrixD inputs = standardised(latents);
  dataset.modalities.push_back(simulate_counts(spec.counts, inputs, streams));
  if (!spec.store_counts) apply_transform(Transform::log_cpm, dataset.modalities.front(), dataset.cells);
  for (const ContinuousSpec& m : spec.continuous) {
    dataset.modalities.push_back(simulate_continuous(m, inputs, streams));
  }
  if (spec.lack > 0) drop_lacking(dataset, spec.lack, streams);
  return dataset;
}

}  // namespace

Cohort simulate(const SimulationSpec& spec, std::uint64_t seed) {
  check(spec);
  const SimulationStreams streams(seed);
  TypeTree tree = make_type_tree(spec, streams);
  const std::vector<std::size_t> types = types_of_cells(spec, streams);
  Cohort cohort;
  cohort.latent_truth = draw_latents(spec, tree.centres, types, streams);
  cohort.dataset = make_dataset(spec, cohort.latent_truth, streams);
  ObsColumn leaf{.name = "leaf", .text = {}, .numbers = {}};
  ObsColumn family{.name = "family", .text = {}, .numbers = {}};
  for (const std::size_t type : types) {
    leaf.text.push_back(tree.labels[type]);
    family.text.push_back(tree.families[type]);
  }
  cohort.dataset.obs = {std::move(leaf), std::move(family)};
  cohort.dataset.taxonomy = Taxonomy(std::move(tree.nodes));
  cohort.type_centres = std::move(tree.centres);
  cohort.type_labels = std::move(tree.labels);
  return cohort;
}

}  // namespace cplae::data
