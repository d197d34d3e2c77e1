#include "decoded.hpp"

#include <cmath>
#include <limits>

namespace cplae::predict {

DecodedSums::DecodedSums(std::size_t modality, const TrainedModality& trained, Eigen::Index cells)
    : modality_(modality),
      trained_(trained),
      middle_(static_cast<Eigen::Index>(trained.features.size())),
      mean_(MatrixD::Zero(cells, middle_.size())),
      squares_(mean_),
      above_(MatrixF::Zero(cells, middle_.size())) {
  for (Eigen::Index feature = 0; feature < middle_.size(); ++feature) {
    const auto at = static_cast<std::size_t>(feature);
    middle_(feature) =
        static_cast<float>((trained.mean[at] - trained.scaling.centre[at]) / trained.scaling.scale[at]);
  }
}

void DecodedSums::add(Eigen::Index first, const MatrixF& decoded) {
  const auto count = static_cast<double>(networks_);
  for (Eigen::Index row = 0; row < decoded.rows(); ++row) {
    const Eigen::Index cell = first + row;
    for (Eigen::Index feature = 0; feature < decoded.cols(); ++feature) {
      const auto value = static_cast<double>(decoded(row, feature));
      double& mean = mean_(cell, feature);
      const double step = value - mean;
      mean += step / count;
      squares_(cell, feature) += step * (value - mean);
      if (decoded(row, feature) > middle_(feature)) above_(cell, feature) += 1;
    }
  }
}

PredictedModality DecodedSums::result() && {
  const auto& [centre, scale] = trained_.scaling;
  const auto count = static_cast<double>(networks_);
  PredictedModality result{.modality = modality_,
                           .mean = MatrixF(mean_.rows(), mean_.cols()),
                           .sd = MatrixF(mean_.rows(), mean_.cols()),
                           .agreement = std::move(above_)};
  for (Eigen::Index cell = 0; cell < mean_.rows(); ++cell)
    for (Eigen::Index feature = 0; feature < mean_.cols(); ++feature) {
      const auto at = static_cast<std::size_t>(feature);
      const double mean = mean_(cell, feature);
      const double sd = networks_ > 1 ? std::sqrt(squares_(cell, feature) / (count - 1))
                                      : std::numeric_limits<double>::quiet_NaN();
      result.mean(cell, feature) = static_cast<float>(mean * scale[at] + centre[at]);
      result.sd(cell, feature) = static_cast<float>(sd * scale[at]);
      const double above = static_cast<double>(result.agreement(cell, feature)) / count;
      const bool is_above = mean > static_cast<double>(middle_(feature));
      result.agreement(cell, feature) = static_cast<float>(is_above ? above : 1 - above);
    }
  return result;
}

}  // namespace cplae::predict
