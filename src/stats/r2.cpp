#include "cplae/stats/r2.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/stats/correlation.hpp"
#include "cplae/stats/summary.hpp"

namespace cplae::stats {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Present entries of one feature.
struct Pairs {
  std::vector<double> truth;
  std::vector<double> predicted;
};

void require_same_shape(const MatrixF& truth, const MatrixF& predicted) {
  if (truth.rows() == predicted.rows() && truth.cols() == predicted.cols()) return;
  throw NumericError("prediction has shape " + std::to_string(predicted.rows()) + " x " +
                     std::to_string(predicted.cols()) + ", expected " + std::to_string(truth.rows()) + " x " +
                     std::to_string(truth.cols()) + " as the truth");
}

Pairs present_pairs(const MatrixF& truth, const MatrixF& predicted, Eigen::Index feature) {
  Pairs pairs;
  for (Eigen::Index cell = 0; cell < truth.rows(); ++cell) {
    const double x = truth(cell, feature);
    const double y = predicted(cell, feature);
    if (std::isnan(x)) continue;
    if (!std::isfinite(x) || !std::isfinite(y)) {
      throw NumericError("cell " + std::to_string(cell) + ", feature " + std::to_string(feature) +
                         ": truth " + number_text(x) + ", prediction " + number_text(y) +
                         ", expected finite numbers");
    }
    pairs.truth.push_back(x);
    pairs.predicted.push_back(y);
  }
  return pairs;
}

double squared_error(const Pairs& pairs) {
  double sum = 0;
  for (std::size_t i = 0; i < pairs.truth.size(); ++i) {
    sum += (pairs.truth[i] - pairs.predicted[i]) * (pairs.truth[i] - pairs.predicted[i]);
  }
  return sum;
}

double r2_of(const Pairs& pairs) {
  if (pairs.truth.size() < 2) return nan;
  const double mean = mean_ignoring_nan(pairs.truth);
  double total = 0;
  for (const double x : pairs.truth)
    total += (x - mean) * (x - mean);
  const double residual = squared_error(pairs);
  if (total == 0) return residual == 0 ? 1 : 0;
  return 1 - residual / total;
}

double pearson_of(const Pairs& pairs) {
  return pearson(pairs.truth, pairs.predicted);
}

template <class Measure>
std::vector<double> per_feature(const MatrixF& truth, const MatrixF& predicted, Measure measure) {
  require_same_shape(truth, predicted);
  std::vector<double> result;
  result.reserve(static_cast<std::size_t>(truth.cols()));
  for (Eigen::Index feature = 0; feature < truth.cols(); ++feature) {
    result.push_back(measure(present_pairs(truth, predicted, feature)));
  }
  return result;
}

}  // namespace

std::vector<double> r2_per_feature(const MatrixF& truth, const MatrixF& predicted) {
  return per_feature(truth, predicted, r2_of);
}

std::size_t constant_features(const MatrixF& truth) {
  std::size_t constant = 0;
  for (Eigen::Index feature = 0; feature < truth.cols(); ++feature) {
    std::vector<float> present;
    for (const float value : truth.col(feature))
      if (!std::isnan(value)) present.push_back(value);
    const auto is_first = [&](float value) { return value == present.front(); };
    if (present.size() > 1 && std::all_of(present.begin(), present.end(), is_first)) ++constant;
  }
  return constant;
}

double r2(const MatrixF& truth, const MatrixF& predicted) {
  return mean_ignoring_nan(r2_per_feature(truth, predicted));
}

double mean_squared_error(const MatrixF& truth, const MatrixF& predicted) {
  double sum = 0;
  std::size_t entries = 0;
  per_feature(truth, predicted, [&](const Pairs& pairs) {
    entries += pairs.truth.size();
    sum += squared_error(pairs);
    return 0.0;
  });
  return entries > 0 ? sum / static_cast<double>(entries) : nan;
}

std::vector<double> squared_error_per_cell(const MatrixF& truth, const MatrixF& predicted) {
  require_same_shape(truth, predicted);
  std::vector<double> errors;
  for (Eigen::Index cell = 0; cell < truth.rows(); ++cell) {
    double sum = 0;
    std::size_t count = 0;
    for (Eigen::Index feature = 0; feature < truth.cols(); ++feature) {
      if (std::isnan(truth(cell, feature))) continue;
      const double difference =
          static_cast<double>(truth(cell, feature)) - static_cast<double>(predicted(cell, feature));
      sum += difference * difference;
      ++count;
    }
    errors.push_back(count > 0 ? sum / static_cast<double>(count) : nan);
  }
  return errors;
}

std::vector<double> missing_share_per_cell(const MatrixF& values) {
  std::vector<double> shares;
  for (Eigen::Index cell = 0; cell < values.rows(); ++cell)
    shares.push_back(static_cast<double>(values.row(cell).array().isNaN().count()) /
                     static_cast<double>(values.cols()));
  return shares;
}

std::vector<double> pearson_per_feature(const MatrixF& truth, const MatrixF& predicted) {
  return per_feature(truth, predicted, pearson_of);
}

}  // namespace cplae::stats
