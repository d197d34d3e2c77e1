#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/core/random.hpp"

namespace cplae::stats::test {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Standard normal numbers of a fixed stream.
inline MatrixD normal(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed = 0) {
  std::vector<float> numbers(static_cast<std::size_t>(rows * columns));
  RandomStream(NetworkKey{seed}, {.purpose = Purpose::simulation}).fill_normal(numbers);
  return Eigen::Map<const MatrixF>(numbers.data(), rows, columns).cast<double>();
}

/// Cells of `types` round clusters of SD 0.1 around the corners of a line, in turn. [cells x dim]
inline MatrixD clusters(Eigen::Index cells, Eigen::Index dim, Eigen::Index types, std::uint64_t seed = 0) {
  MatrixD values = 0.1 * normal(cells, dim, seed);
  for (Eigen::Index cell = 0; cell < cells; ++cell)
    values.row(cell).array() += static_cast<double>(cell % types);
  return values;
}

}  // namespace cplae::stats::test
