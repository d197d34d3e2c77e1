#pragma once
// Where distances of new cells lie among those of held-out cells.
#include <cstddef>
#include <vector>

#include "cplae/core/matrix.hpp"

namespace cplae::predict {

/// Distances of one kind, of the new cells by each network, and of the networks' own held-out cells.
class PooledDistances {
public:
  void add(std::vector<double> new_cells, const std::vector<double>& held_out);
  /// Share of the pooled held-out cells that are nearer, mean over networks; NaN without held-out cells. [new
  /// cells]
  [[nodiscard]] std::vector<double> quantiles() &&;

private:
  std::vector<std::vector<double>> new_cells_;  ///< [networks][new cells]
  std::vector<double> held_out_;
};

/// Share of a sample that is below `value`, from the sample's percentiles (ascending, 0 to 100, straight
/// lines between them); NaN without percentiles.
[[nodiscard]] double share_below(const std::vector<double>& percentiles, double value);

}  // namespace cplae::predict
