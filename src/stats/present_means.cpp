#include "present_means.hpp"

#include <cmath>

#include "cplae/core/error.hpp"

namespace cplae::stats {

Eigen::RowVectorXd present_means(const MatrixD& values, const std::string& what) {
  Eigen::RowVectorXd means(values.cols());
  for (Eigen::Index column = 0; column < values.cols(); ++column) {
    double sum = 0;
    Eigen::Index present = 0;
    for (Eigen::Index row = 0; row < values.rows(); ++row) {
      if (std::isnan(values(row, column))) continue;
      sum += values(row, column);
      ++present;
    }
    if (present == 0) {
      throw NumericError(what + ": column " + std::to_string(column) + " has no present entry among " +
                         std::to_string(values.rows()) + " training cells");
    }
    means[column] = sum / static_cast<double>(present);
  }
  return means;
}

}  // namespace cplae::stats
