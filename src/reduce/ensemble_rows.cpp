#include "ensemble_rows.hpp"

#include <utility>

namespace cplae::reduce {

void EnsembleRows::add(const Place& place, const std::string& measure, double value) {
  measure_.push_back(measure);
  from_.push_back(place.from);
  to_.push_back(place.to);
  label_.push_back(place.label);
  members_.push_back(static_cast<std::int64_t>(place.members));
  n_cells_.push_back(static_cast<std::int64_t>(place.n_cells));
  value_.push_back(value);
}

Frame EnsembleRows::frame() && {
  return Frame({{"measure", std::move(measure_)},
                {"from", std::move(from_)},
                {"to", std::move(to_)},
                {"label", std::move(label_)},
                {"members", std::move(members_)},
                {"n_cells", std::move(n_cells_)},
                {"value", std::move(value_)}});
}

}  // namespace cplae::reduce
