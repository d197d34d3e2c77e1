#pragma once
// How far latents fill their space: collapsed ones do not.
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/dataset.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/reduce/frame.hpp"

namespace cplae::reduce {

/// Collects the rows of latents.csv.
class LatentRows {
public:
  /// Singular values of the centred latents [cells x latent] of the training cells that have the modality,
  /// over sqrt(cells - 1): standard deviations along the principal axes, largest first. None with fewer than
  /// two cells. Throws NumericError where one is not finite.
  void add(const data::Modality& modality, const MatrixF& latents, const data::Split& split);
  [[nodiscard]] Frame frame() &&;

private:
  std::vector<std::string> representation_;
  std::vector<std::int64_t> axis_;
  std::vector<double> sd_;
};

}  // namespace cplae::reduce
