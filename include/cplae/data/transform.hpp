#pragma once
#include <string>

#include "cplae/data/dataset.hpp"

namespace cplae::data {

enum class Transform : unsigned char { none, log_cpm, zscore };

/// Centre and scale of every feature after the transform's own non-linearity: y = (f(x) - centre) / scale.
struct FeatureScaling {
  std::vector<double> centre;  ///< [features]
  std::vector<double> scale;   ///< [features], > 0
};

/// Transforms values in place, NaN kept. log_cpm: log_e(1e6 x / row sum + 1), for which negative counts or an empty cell throw DataError naming cell and
/// feature; zscore: per feature over the present cells, population SD, constant features get scale 1.
FeatureScaling apply_transform(Transform transform, Modality& modality);

}  // namespace cplae::data
