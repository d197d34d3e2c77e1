#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/stats/cca.hpp"
#include "cplae/stats/pca.hpp"

namespace cplae::stats {

/// Training cells of one modality.
struct PcCcaModality {
  MatrixF values;                     ///< [cells x features]; NaN = missing
  std::vector<std::uint8_t> present;  ///< [cells]; 1 where the cell has the modality
  Eigen::Index components;            ///< principal components
};

/// The linear baseline of the paper: principal components of each of two modalities, canonical correlation
/// analysis of the components, latents = canonical scores whitened by the symmetric inverse square root of
/// their training covariance (divisor cells - 1). Reconstruction goes back through un-whitening, canonical
/// loadings and inverse PCA; across modalities the latents of one side are decoded by the other.
class PcCca {
public:
  /// Rows of both sides are the same training cells. Each PCA sees the cells that have its modality, CCA and
  /// whitening those that have both. Throws NumericError naming the numbers when components exceed the rank,
  /// latent_dim the components, or cells are too few.
  static PcCca fit(const std::array<PcCcaModality, 2>& training, Eigen::Index latent_dim);

  /// [cells x features] (NaN = missing) -> [cells x latent_dim]
  [[nodiscard]] MatrixD encode(Side side, const MatrixF& values) const;
  /// [cells x latent_dim] -> [cells x features]
  [[nodiscard]] MatrixF decode(Side side, const MatrixD& latents) const;

private:
  struct Whitening {
    Eigen::RowVectorXd mean;  // of the training scores, [dim]
    Eigen::MatrixXd forward;  // inverse square root of the covariance, [dim x dim]
    Eigen::MatrixXd back;     // square root, [dim x dim]
  };
  static Whitening whiten(const MatrixD& scores);
  std::array<Pca, 2> pca_;
  Cca cca_;
  std::array<Whitening, 2> whitening_;
};

}  // namespace cplae::stats
