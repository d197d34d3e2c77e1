#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/reduce/frame.hpp"
#include "cplae/stats/predictive.hpp"

namespace cplae::reduce {

/// Collects the rows of calibration.csv.
class CoverageRows {
public:
  struct Place {
    std::int64_t fold = 0;
    std::string from;
    std::string to;
    std::size_t n_cells = 0;
  };
  /// `of_spread`: of intervals of the spread alone.
  void add(const Place& place, const stats::Coverage& of_spread, const stats::Coverage& calibrated);
  [[nodiscard]] Frame frame() &&;

private:
  std::vector<std::string> from_, to_;
  std::vector<std::int64_t> fold_, n_cells_;
  std::vector<double> nominal_, of_spread_, calibrated_;
};

/// Collects the rows of predictive.csv.
class PredictiveRows {
public:
  void add(const std::string& from, const data::Modality& to, const stats::ErrorSums& sums);
  [[nodiscard]] Frame frame() &&;

private:
  std::vector<std::string> from_, to_, feature_;
  std::vector<std::int64_t> n_cells_;
  std::vector<double> constant_, slope_;
};

}  // namespace cplae::reduce
