#include "latent_rows.hpp"

#include <Eigen/SVD>
#include <cmath>
#include <utility>

#include "cplae/core/error.hpp"
#include "scores.hpp"

namespace cplae::reduce {

void LatentRows::add(const data::Modality& modality, const MatrixF& latents, const data::Split& split) {
  const auto cells = training_with(modality, modality, split);
  if (cells.size() < 2) return;
  MatrixD values = latents(cells, Eigen::all).cast<double>();
  if (!values.allFinite()) throw NumericError("latents of modality " + modality.name + " are not finite");
  values.rowwise() -= values.colwise().mean().eval();
  const Eigen::JacobiSVD<Eigen::MatrixXd> decomposition{Eigen::MatrixXd(values)};
  const double root = std::sqrt(static_cast<double>(cells.size() - 1));
  for (Eigen::Index axis = 0; axis < decomposition.singularValues().size(); ++axis) {
    representation_.push_back("z" + modality.name);
    axis_.push_back(axis);
    sd_.push_back(decomposition.singularValues()[axis] / root);
  }
}

Frame LatentRows::frame() && {
  return Frame(
      {{"representation", std::move(representation_)}, {"axis", std::move(axis_)}, {"sd", std::move(sd_)}});
}

}  // namespace cplae::reduce
