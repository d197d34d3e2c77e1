#include "nearness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace cplae::predict {

void PooledDistances::add(std::vector<double> new_cells, const std::vector<double>& held_out) {
  new_cells_.push_back(std::move(new_cells));
  held_out_.insert(held_out_.end(), held_out.begin(), held_out.end());
}

std::vector<double> PooledDistances::quantiles() && {
  std::sort(held_out_.begin(), held_out_.end());
  std::vector<double> quantiles(new_cells_.empty() ? 0 : new_cells_.front().size(), 0.0);
  const double unit = held_out_.empty() ? std::numeric_limits<double>::quiet_NaN()
                                        : 1 / static_cast<double>(held_out_.size() * new_cells_.size());
  for (const auto& distances : new_cells_)
    for (std::size_t cell = 0; cell < distances.size(); ++cell) {
      if (std::isnan(distances[cell])) quantiles[cell] = distances[cell];
      const auto nearer = std::lower_bound(held_out_.begin(), held_out_.end(), distances[cell]);
      quantiles[cell] += static_cast<double>(nearer - held_out_.begin()) * unit;
    }
  return quantiles;
}

double share_below(const std::vector<double>& percentiles, double value) {
  if (percentiles.empty() || value != value) return std::numeric_limits<double>::quiet_NaN();
  const auto above = std::lower_bound(percentiles.begin(), percentiles.end(), value);
  if (above == percentiles.begin()) return 0;
  if (above == percentiles.end()) return 1;
  const double low = *(above - 1);
  const double part = (value - low) / (*above - low);
  return (static_cast<double>(above - percentiles.begin()) - 1 + part) /
         static_cast<double>(percentiles.size() - 1);
}

}  // namespace cplae::predict
