#pragma once
#include <span>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"

namespace cplae::data {

enum class Transform : unsigned char { none, log_cpm, zscore };

/// What features weigh in the losses.
enum class FeatureWeight : unsigned char { equal, inverse_variance };

/// Centre and scale of every feature after the transform's own non-linearity: y = (f(x) - centre) / scale.
struct FeatureScaling {
  std::vector<double> centre;  ///< [features]; 0 unless zscore
  std::vector<double> scale;   ///< [features], > 0; 1 unless zscore or weighted
};

/// Transforms values in place, NaN kept. Local.
/// log_cpm: log_e(1e6 x / row sum + 1) over the entries that are there; a negative count or a present cell
/// without counts throws DataError naming modality, cell and feature. zscore: per feature over its entries,
/// population SD; constant or empty features get scale 1. `cells`, if given ([cells]), are the names to use
/// in messages; otherwise rows are counted from 0.
FeatureScaling apply_transform(Transform transform, Modality& modality,
                               std::span<const std::string> cells = {});

/// Gives every feature its weight in all squared errors: inverse_variance divides its values, in place, by
/// their population SD (scale 1 for constant or empty ones), without moving 0. Local.
void weigh_features(FeatureWeight weight, Modality& modality, FeatureScaling& scaling);

}  // namespace cplae::data
