#include "cplae/stats/predictive.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "cplae/core/error.hpp"

namespace cplae::stats {

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
/// Half widths of the central intervals of nominal_shares, in SDs of a normal distribution.
constexpr std::array<double, nominal_shares.size()> central_half_widths{
    0.6744897501960817, 1.2815515655446004, 1.959963984540054};
/// A spread that varies by less, relative to its mean square, is one and the same.
constexpr double least_varying = 1e-12;

template <class One, class Other>
void require_alike(const One& one, const Other& other, const char* what) {
  if (one.rows() == other.rows() && one.cols() == other.cols()) return;
  throw NumericError("predictive spread: " + std::string(what) + " of shape " + std::to_string(one.rows()) +
                     " x " + std::to_string(one.cols()) + ", expected " + std::to_string(other.rows()) +
                     " x " + std::to_string(other.cols()));
}

/// What one feature adds to the derivative by the slope b, up to a factor: b square - product.
struct SlopeLine {
  double square = 0;
  double product = 0;
};

/// A feature's: while its constant is above 0, it takes the means away; from b = `end` on the constant is 0.
struct SlopeFeature {
  double end = 0;
  SlopeLine free;
  SlopeLine bound;
};

/// Where the derivative, which rises with b, is 0: along straight lines from one feature's end to the next.
double slope_root(std::vector<SlopeFeature> features) {
  std::sort(features.begin(), features.end(),
            [](const SlopeFeature& one, const SlopeFeature& other) { return one.end < other.end; });
  SlopeLine sum;
  for (const SlopeFeature& feature : features) {
    sum.square += feature.free.square;
    sum.product += feature.free.product;
  }
  if (!(sum.product > 0)) return 0;
  for (const SlopeFeature& feature : features) {
    if (sum.square > 0 && sum.product <= feature.end * sum.square) break;
    sum.square += feature.bound.square - feature.free.square;
    sum.product += feature.bound.product - feature.free.product;
  }
  return sum.square > 0 ? std::max(0.0, sum.product / sum.square) : 0;
}

}  // namespace

MatrixD predictive_sd(const PredictiveVariance& variance, const MatrixD& spread) {
  const Eigen::Map<const Eigen::ArrayXd> constant(variance.constant.data(),
                                                  static_cast<Eigen::Index>(variance.constant.size()));
  if (constant.size() != spread.cols())
    throw NumericError("predictive spread: a spread of " + std::to_string(spread.cols()) +
                       " features, expected " + std::to_string(constant.size()));
  return ((variance.slope * spread.array().square()).rowwise() + constant.transpose()).sqrt();
}

ErrorSums::ErrorSums(Eigen::Index features)
    : entries_(Eigen::ArrayXd::Zero(features)),
      error_(entries_),
      spread_(entries_),
      error_spread_(entries_),
      spread_spread_(entries_) {}

void ErrorSums::add(const MatrixF& truth, const MatrixD& mean, const MatrixD& spread) {
  require_alike(mean, truth, "a mean");
  require_alike(spread, truth, "a spread");
  require_alike(truth.transpose().leftCols(0), entries_.matrix().leftCols(0), "a cell");
  for (Eigen::Index cell = 0; cell < truth.rows(); ++cell)
    for (Eigen::Index feature = 0; feature < truth.cols(); ++feature) {
      const double x = truth(cell, feature);
      if (std::isnan(x)) continue;
      const double error = (x - mean(cell, feature)) * (x - mean(cell, feature));
      const double square = spread(cell, feature) * spread(cell, feature);
      entries_(feature) += 1;
      error_(feature) += error;
      spread_(feature) += square;
      error_spread_(feature) += error * square;
      spread_spread_(feature) += square * square;
    }
}

void ErrorSums::add(const ErrorSums& other) {
  require_alike(other.entries_, entries_, "sums");
  entries_ += other.entries_;
  error_ += other.error_;
  spread_ += other.spread_;
  error_spread_ += other.error_spread_;
  spread_spread_ += other.spread_spread_;
}

PredictiveVariance ErrorSums::fit() const {
  std::vector<SlopeFeature> features;
  for (Eigen::Index f = 0; f < entries_.size(); ++f) {
    if (!(error_(f) > 0 && spread_(f) > 0)) continue;
    const double n = entries_(f);
    const double weight = (n / error_(f)) * (n / error_(f));
    const SlopeLine bound{weight * spread_spread_(f), weight * error_spread_(f)};
    SlopeLine free{bound.square - weight * spread_(f) * spread_(f) / n,
                   bound.product - weight * error_(f) * spread_(f) / n};
    if (free.square <= least_varying * bound.square) free = {};
    features.push_back({error_(f) / spread_(f), free, bound});
  }
  PredictiveVariance variance{std::vector<double>(static_cast<std::size_t>(entries_.size()), no_number),
                              slope_root(std::move(features))};
  for (Eigen::Index f = 0; f < entries_.size(); ++f)
    if (entries_(f) > 0)
      variance.constant[static_cast<std::size_t>(f)] =
          std::max(0.0, (error_(f) - variance.slope * spread_(f)) / entries_(f));
  return variance;
}

void Coverage::add(const Coverage& other) {
  entries += other.entries;
  for (std::size_t i = 0; i < covered.size(); ++i)
    covered[i] += other.covered[i];
}

double Coverage::share(std::size_t nominal) const {
  return entries == 0 ? no_number : static_cast<double>(covered.at(nominal)) / static_cast<double>(entries);
}

Coverage coverage(const MatrixF& truth, const MatrixD& mean, const MatrixD& sd) {
  require_alike(mean, truth, "a mean");
  require_alike(sd, truth, "an SD");
  Coverage found;
  for (Eigen::Index i = 0; i < truth.size(); ++i) {
    const double error = std::abs(static_cast<double>(truth.data()[i]) - mean.data()[i]);
    if (std::isnan(error) || std::isnan(sd.data()[i])) continue;
    ++found.entries;
    for (std::size_t share = 0; share < central_half_widths.size(); ++share)
      if (error <= central_half_widths[share] * sd.data()[i]) ++found.covered[share];
  }
  return found;
}

}  // namespace cplae::stats
