#include "cplae/stats/ensemble.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/stats/correlation.hpp"
#include "cplae/stats/summary.hpp"

namespace cplae::stats {

namespace {

template <class One, class Other>
void require_shape(const One& one, const Other& other, const char* what) {
  if (one.rows() == other.rows() && one.cols() == other.cols()) return;
  throw NumericError("ensemble: " + std::string(what) + " of shape " + std::to_string(one.rows()) + " x " +
                     std::to_string(one.cols()) + ", expected " + std::to_string(other.rows()) + " x " +
                     std::to_string(other.cols()));
}

/// Of the entries of one feature, or of all.
struct Entries {
  std::vector<double> spread;
  std::vector<double> error;
};

Entries entries_of(const MatrixF& truth, const MatrixD& mean, const MatrixD& spread, Eigen::Index feature) {
  Entries entries;
  for (Eigen::Index cell = 0; cell < truth.rows(); ++cell) {
    const double x = truth(cell, feature);
    if (std::isnan(x)) continue;
    entries.spread.push_back(spread(cell, feature));
    entries.error.push_back(std::abs(x - mean(cell, feature)));
  }
  return entries;
}

}  // namespace

EnsembleSums::EnsembleSums(Eigen::Index cells, Eigen::Index features)
    : mean_(MatrixD::Zero(cells, features)), squares_(mean_) {}

void EnsembleSums::add(const MatrixF& predicted) {
  require_shape(predicted, mean_, "a prediction");
  begin_member();
  add_cells(0, predicted);
}

void EnsembleSums::add_cells(Eigen::Index first, const MatrixF& predicted) {
  auto mean = mean_.middleRows(first, predicted.rows());
  require_shape(predicted, mean, "a prediction of some cells");
  const MatrixD difference = predicted.cast<double>() - mean;
  mean += difference / static_cast<double>(members_);
  squares_.middleRows(first, predicted.rows()).array() +=
      difference.array() * (predicted.cast<double>() - mean).array();
}

MatrixD EnsembleSums::spread() const {
  return (squares_ / static_cast<double>(members_ - 1)).cwiseSqrt();
}

Calibration calibration(const MatrixF& truth, const MatrixD& mean, const MatrixD& spread) {
  require_shape(mean, truth, "a mean");
  require_shape(spread, truth, "a spread");
  Entries all;
  std::vector<double> within;
  for (Eigen::Index feature = 0; feature < truth.cols(); ++feature) {
    const Entries own = entries_of(truth, mean, spread, feature);
    within.push_back(spearman(own.spread, own.error));
    all.spread.insert(all.spread.end(), own.spread.begin(), own.spread.end());
    all.error.insert(all.error.end(), own.error.begin(), own.error.end());
  }
  Calibration result;
  result.entries = all.error.size();
  result.mean_spread = mean_ignoring_nan(all.spread);
  result.mean_error = mean_ignoring_nan(all.error);
  result.rank_correlation = spearman(all.spread, all.error);
  result.within_features = mean_ignoring_nan(within);
  std::size_t covered = 0;
  for (std::size_t i = 0; i < all.error.size(); ++i)
    if (all.error[i] <= 2 * all.spread[i]) ++covered;
  result.within_two_spreads = all.error.empty()
                                  ? std::numeric_limits<double>::quiet_NaN()
                                  : static_cast<double>(covered) / static_cast<double>(all.error.size());
  return result;
}

}  // namespace cplae::stats
