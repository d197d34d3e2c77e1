#include "calibration_rows.hpp"

#include <utility>

namespace cplae::reduce {

void CoverageRows::add(const Place& place, const stats::Coverage& of_spread,
                       const stats::Coverage& calibrated) {
  for (std::size_t nominal = 0; nominal < stats::nominal_shares.size(); ++nominal) {
    fold_.push_back(place.fold);
    from_.push_back(place.from);
    to_.push_back(place.to);
    n_cells_.push_back(static_cast<std::int64_t>(place.n_cells));
    nominal_.push_back(stats::nominal_shares.at(nominal));
    of_spread_.push_back(of_spread.share(nominal));
    calibrated_.push_back(calibrated.share(nominal));
  }
}

Frame CoverageRows::frame() && {
  return Frame({{"fold", std::move(fold_)},
                {"from", std::move(from_)},
                {"to", std::move(to_)},
                {"n_cells", std::move(n_cells_)},
                {"nominal", std::move(nominal_)},
                {"coverage_spread", std::move(of_spread_)},
                {"coverage", std::move(calibrated_)}});
}

void PredictiveRows::add(const std::string& from, const data::Modality& to, const stats::ErrorSums& sums) {
  const auto variance = sums.fit();
  for (std::size_t feature = 0; feature < to.features.size(); ++feature) {
    from_.push_back(from);
    to_.push_back(to.name);
    feature_.push_back(to.features[feature]);
    n_cells_.push_back(static_cast<std::int64_t>(sums.entries()(static_cast<Eigen::Index>(feature))));
    constant_.push_back(variance.constant[feature]);
    slope_.push_back(variance.slope);
  }
}

Frame PredictiveRows::frame() && {
  return Frame({{"from", std::move(from_)},
                {"to", std::move(to_)},
                {"feature", std::move(feature_)},
                {"n_cells", std::move(n_cells_)},
                {"constant", std::move(constant_)},
                {"slope", std::move(slope_)}});
}

}  // namespace cplae::reduce
