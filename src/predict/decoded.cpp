#include "decoded.hpp"

#include <limits>
#include <utility>

namespace cplae::predict {

DecodedSums::DecodedSums(std::size_t modality, const TrainedModality& trained, Eigen::Index cells)
    : modality_(modality),
      trained_(trained),
      middle_(static_cast<Eigen::Index>(trained.features.size())),
      sums_(cells, middle_.size()),
      above_(MatrixF::Zero(cells, middle_.size())) {
  for (Eigen::Index feature = 0; feature < middle_.size(); ++feature) {
    const auto at = static_cast<std::size_t>(feature);
    middle_(feature) =
        static_cast<float>((trained.mean[at] - trained.scaling.centre[at]) / trained.scaling.scale[at]);
  }
}

void DecodedSums::add(Eigen::Index first, const MatrixF& decoded) {
  sums_.add_cells(first, decoded);
  above_.middleRows(first, decoded.rows()).array() +=
      (decoded.rowwise() - middle_).array().unaryExpr([](float x) { return x > 0 ? 1.0F : 0.0F; });
}

PredictedModality DecodedSums::result() && {
  const auto& [centre, scale] = trained_.scaling;
  const auto count = static_cast<float>(sums_.members());
  const MatrixD& mean = sums_.mean();
  const MatrixD spread = sums_.members() > 1 ? sums_.spread()
                                             : MatrixD::Constant(mean.rows(), mean.cols(),
                                                                 std::numeric_limits<double>::quiet_NaN());
  PredictedModality result{.modality = modality_,
                           .mean = MatrixF(mean.rows(), mean.cols()),
                           .sd = MatrixF(mean.rows(), mean.cols()),
                           .agreement = std::move(above_),
                           .predictive_sd = {}};
  for (Eigen::Index feature = 0; feature < mean.cols(); ++feature) {
    const auto at = static_cast<std::size_t>(feature);
    result.mean.col(feature) = (mean.col(feature).array() * scale[at] + centre[at]).cast<float>();
    result.sd.col(feature) = (spread.col(feature) * scale[at]).cast<float>();
    auto agreement = result.agreement.col(feature);
    for (Eigen::Index cell = 0; cell < mean.rows(); ++cell) {
      const float above = agreement(cell) / count;
      agreement(cell) = mean(cell, feature) > static_cast<double>(middle_(feature)) ? above : 1 - above;
    }
  }
  return result;
}

}  // namespace cplae::predict
