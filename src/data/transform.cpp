#include "cplae/data/transform.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace {

std::string cell_text(std::span<const std::string> cells, Eigen::Index row) {
  const auto at = static_cast<std::size_t>(row);
  return at < cells.size() ? "cell '" + cells[at] + "'" : "cell of row " + std::to_string(row);
}

/// Sum of the counts of one cell. Throws DataError at the first negative one.
double total_counts(const Modality& modality, Eigen::Index row, std::span<const std::string> cells) {
  double total = 0;
  for (Eigen::Index j = 0; j < modality.values.cols(); ++j) {
    const float value = modality.values(row, j);
    if (std::isnan(value)) continue;
    if (value < 0) {
      throw DataError("modality '" + modality.name + "', transform log_cpm: " + cell_text(cells, row) +
                      ", feature '" + modality.features.at(static_cast<std::size_t>(j)) + "': found " +
                      number_text(value) + ", expected a count >= 0");
    }
    total += static_cast<double>(value);
  }
  return total;
}

void log_cpm(Modality& modality, std::span<const std::string> cells) {
  for (Eigen::Index row = 0; row < modality.values.rows(); ++row) {
    if (modality.present.at(static_cast<std::size_t>(row)) == 0) continue;
    const double total = total_counts(modality, row, cells);
    if (!(total > 0)) {
      throw DataError("modality '" + modality.name + "', transform log_cpm: " + cell_text(cells, row) +
                      " has no counts in any feature, expected at least one");
    }
    for (float& value : modality.values.row(row)) {
      if (!std::isnan(value))
        value = static_cast<float>(std::log1p(1e6 * static_cast<double>(value) / total));
    }
  }
}

struct Moments {
  double mean = 0;
  double sd = 1;
};

/// Two passes in double. Equal values are recognised by their range: rounding of the mean would leave them a
/// tiny SD.
Moments moments_of(const MatrixF& values, Eigen::Index column) {
  double sum = 0;
  double count = 0;
  float least = std::numeric_limits<float>::infinity();
  float greatest = -least;
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    const float value = values(i, column);
    if (std::isnan(value)) continue;
    sum += static_cast<double>(value);
    count += 1;
    least = std::min(least, value);
    greatest = std::max(greatest, value);
  }
  if (count == 0) return {};
  if (least == greatest) return {.mean = static_cast<double>(least)};
  const double mean = sum / count;
  double squares = 0;
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    const float value = values(i, column);
    if (!std::isnan(value))
      squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
  }
  return {.mean = mean, .sd = std::sqrt(squares / count)};
}

void zscore(MatrixF& values, FeatureScaling& scaling) {
  for (Eigen::Index j = 0; j < values.cols(); ++j) {
    const Moments moments = moments_of(values, j);
    scaling.centre[static_cast<std::size_t>(j)] = moments.mean;
    scaling.scale[static_cast<std::size_t>(j)] = moments.sd;
    for (Eigen::Index i = 0; i < values.rows(); ++i) {
      values(i, j) = static_cast<float>((static_cast<double>(values(i, j)) - moments.mean) / moments.sd);
    }
  }
}

}  // namespace

FeatureScaling apply_transform(Transform transform, Modality& modality, std::span<const std::string> cells) {
  const auto features = static_cast<std::size_t>(modality.values.cols());
  FeatureScaling scaling{.centre = std::vector<double>(features, 0.0),
                         .scale = std::vector<double>(features, 1.0)};
  switch (transform) {
    case Transform::none:
      break;
    case Transform::log_cpm:
      log_cpm(modality, cells);
      break;
    case Transform::zscore:
      zscore(modality.values, scaling);
      break;
  }
  return scaling;
}

void weigh_features(FeatureWeight weight, Modality& modality, FeatureScaling& scaling) {
  if (weight == FeatureWeight::equal) return;
  for (Eigen::Index j = 0; j < modality.values.cols(); ++j) {
    const double sd = moments_of(modality.values, j).sd;
    // (y - centre) / scale / sd = (y - centre) / (scale sd)
    scaling.scale[static_cast<std::size_t>(j)] *= sd;
    for (float& value : modality.values.col(j))
      value = static_cast<float>(static_cast<double>(value) / sd);
  }
}

}  // namespace cplae::data
