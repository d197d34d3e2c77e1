#pragma once
// Error bars of an ensemble: its spread knows how far the members differ, held-out errors how far they are
// wrong.
#include <array>
#include <cstddef>
#include <vector>

#include "cplae/core/matrix.hpp"

namespace cplae::stats {

/// Predictive variance constant_f + slope s^2 of an entry of feature f on which the members have spread s.
struct PredictiveVariance {
  std::vector<double> constant;  ///< [features] >= 0; NaN where no entry tells it
  double slope = 0;              ///< >= 0
};

/// sqrt(constant_f + slope s^2) of each entry; NaN where the constant is. [cells x features]
[[nodiscard]] MatrixD predictive_sd(const PredictiveVariance& variance, const MatrixD& spread);

/// Sums over held-out entries that are not missing, enough to fit by and to be added up.
class ErrorSums {
public:
  explicit ErrorSums(Eigen::Index features);

  /// truth [cells x features], NaN = missing; mean and spread of the same shape (NumericError).
  void add(const MatrixF& truth, const MatrixD& mean, const MatrixD& spread);
  /// Entries of other cells, of as many features (NumericError).
  void add(const ErrorSums& other);
  [[nodiscard]] const Eigen::ArrayXd& entries() const { return entries_; }  ///< [features]

  /// Least sum of (e^2 - constant_f - slope s^2)^2 / m_f^2 with constants and slope >= 0, m_f the mean of the
  /// feature's e^2: so each feature counts alike, whatever its unit. Without any spread the slope is 0.
  [[nodiscard]] PredictiveVariance fit() const;

private:
  Eigen::ArrayXd entries_, error_, spread_, error_spread_, spread_spread_;  ///< of e^2 and s^2
};

/// Shares of true values that Gaussian intervals are to hold.
inline constexpr std::array<double, 3> nominal_shares{0.5, 0.8, 0.95};

/// How many true values lie within the central Gaussian intervals of these shares.
struct Coverage {
  std::size_t entries = 0;
  std::array<std::size_t, nominal_shares.size()> covered{};
  void add(const Coverage& other);
  [[nodiscard]] double share(std::size_t nominal) const;  ///< NaN without an entry
};

/// Over entries that have a truth and an SD; shapes as above (NumericError).
[[nodiscard]] Coverage coverage(const MatrixF& truth, const MatrixD& mean, const MatrixD& sd);

}  // namespace cplae::stats
