#include "engine/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cplae::engine {

namespace {

constexpr std::uint32_t source_stride = 256;

/// The entries of a feature that are there among the cells.
std::vector<double> present_values(const data::Modality& modality, Eigen::Index feature,
                                   const std::vector<std::int64_t>& cells) {
  std::vector<double> values;
  for (const std::int64_t cell : cells)
    if (const double value = modality.values(cell, feature); !std::isnan(value)) values.push_back(value);
  return values;
}

double mean_or_zero(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Population variance of each feature over the training cells that have it, missing entries left out; 0
/// where there is none.
std::vector<double> feature_variances(const data::Modality& modality,
                                      const std::vector<std::int64_t>& cells) {
  std::vector<double> variances;
  for (Eigen::Index feature = 0; feature < modality.values.cols(); ++feature) {
    auto values = present_values(modality, feature, cells);
    const double mean = mean_or_zero(values);
    for (double& value : values)
      value = (value - mean) * (value - mean);
    variances.push_back(mean_or_zero(values));
  }
  return variances;
}

}  // namespace

Dropout::Dropout(double rate)
    : threshold(static_cast<std::uint32_t>(std::lround(std::clamp(rate * values, 0.0, values - 1)))),
      scale(static_cast<float>(values / (values - threshold))) {}

std::vector<std::int64_t> cells_of(const data::Split& split, bool training) {
  std::vector<std::int64_t> cells;
  for (std::size_t cell = 0; cell < split.size(); ++cell)
    if ((split[cell] == data::Role::train) == training) cells.push_back(static_cast<std::int64_t>(cell));
  return cells;
}

std::vector<std::int64_t> training_cells(const study::StudyData& data, const data::Split& split) {
  std::vector<std::int64_t> cells = cells_of(split, true);
  std::erase_if(cells, [&](std::int64_t cell) {
    return std::none_of(data.modalities.begin(), data.modalities.end(), [cell](const auto& modality) {
      return modality.present[static_cast<std::size_t>(cell)] != 0;
    });
  });
  return cells;
}

void draw_batch(const std::vector<std::int64_t>& cells, NetworkKey key, std::int64_t step,
                std::vector<std::int64_t>& batch) {
  const RandomStream stream(
      key, {.purpose = Purpose::batch, .index = 0, .step = static_cast<std::uint64_t>(step)});
  for (std::size_t slot = 0; slot < batch.size(); ++slot)
    batch[slot] = cells[stream.below(cells.size(), slot)];
}

std::vector<double> feature_means(const data::Modality& modality,
                                  const std::vector<std::int64_t>& training_cells) {
  std::vector<double> means;
  for (Eigen::Index feature = 0; feature < modality.values.cols(); ++feature)
    means.push_back(mean_or_zero(present_values(modality, feature, training_cells)));
  return means;
}

std::vector<float> noise_scale(const study::ModalitySpec& spec, const data::Modality& modality,
                               const std::vector<std::int64_t>& training_cells) {
  std::vector<float> scale;
  if (spec.noise_sd <= 0) return scale;
  for (const double variance : feature_variances(modality, training_cells))
    scale.push_back(static_cast<float>(spec.noise_sd * variance));
  return scale;
}

std::int64_t last_hidden(const study::NetworkSpec& spec, std::size_t modality) {
  const auto& hidden = spec.modalities[modality].hidden;
  return hidden.empty() ? spec.training.latent_dim : hidden.front();
}

std::uint32_t decoder_stream(std::size_t modality, std::size_t source) {
  return static_cast<std::uint32_t>(modality) + source_stride * static_cast<std::uint32_t>(source);
}

}  // namespace cplae::engine
