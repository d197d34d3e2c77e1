#include "check.hpp"

#include <cmath>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::stats {

void require_usable(const MatrixD& values, const std::string& what, Missing missing) {
  for (Eigen::Index row = 0; row < values.rows(); ++row) {
    for (Eigen::Index column = 0; column < values.cols(); ++column) {
      const double value = values(row, column);
      if (std::abs(value) <= 1e100 || (missing == Missing::allowed && std::isnan(value))) continue;
      throw NumericError(what + ": entry " + number_text(value) + " at row " + std::to_string(row) +
                         ", column " + std::to_string(column) +
                         ", expected a finite number of magnitude up to 1e100");
    }
  }
}

void require_counts(const Counts& counts, const std::string& what) {
  for (Eigen::Index row = 0; row < counts.rows(); ++row) {
    for (Eigen::Index column = 0; column < counts.cols(); ++column) {
      const std::int64_t count = counts(row, column);
      if (count >= 0 && count <= std::int64_t{1} << 53U) continue;
      throw NumericError(what + ": " + std::to_string(count) + " at row " + std::to_string(row) +
                         ", column " + std::to_string(column) + ", expected a count of 0 to 2^53");
    }
  }
}

}  // namespace cplae::stats
