#pragma once
// Scores that networks and baselines share: how well cells are classed and measurements predicted.
#include <functional>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/dataset.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/reduce/frame.hpp"
#include "cplae/stats/classify.hpp"

namespace cplae::reduce {

/// Classes the held-out cells that have the modality by its latents [cells x latent], fitted on the training
/// cells that have it. Throws NumericError.
[[nodiscard]] stats::Classification classify_held_out(const data::Modality& modality, const MatrixD& latents,
                                                      const data::Split& split, const LabelScheme& scheme);

/// Collects the rows of accuracy.csv.
class AccuracyRows {
public:
  /// Classes the held-out cells that have the modality by its latents [cells x latent], at every scheme.
  void add(const data::Modality& modality, const MatrixD& latents, const data::Split& split,
           const std::vector<LabelScheme>& schemes);
  [[nodiscard]] Frame frame() &&;

private:
  std::vector<std::string> label_, representation_;
  std::vector<std::int64_t> n_classes_, n_usable_, n_fitted_, n_cells_;
  std::vector<double> accuracy_;
};

/// Collects the rows of reconstruction.csv and features.csv.
class ReconstructionRows {
public:
  /// Held-out cells that have both modalities: truth [cells x features of `to`] against what was decoded from
  /// `from`.
  void add(const data::Modality& from, const data::Modality& to, const MatrixF& truth,
           const MatrixF& predicted);
  /// The rows so far, which are gone then.
  [[nodiscard]] Frame take_reconstruction();
  [[nodiscard]] Frame take_features();

private:
  struct Direction {
    std::vector<std::string> from, to;
  };
  Direction whole_, by_feature_;
  std::vector<std::int64_t> n_cells_, n_constant_;
  std::vector<double> r2_, mse_, feature_r2_, feature_pearson_;
  std::vector<std::string> feature_;
};

/// Training cells that have both modalities (which may be the same one), ascending.
[[nodiscard]] std::vector<Eigen::Index> training_with(const data::Modality& a, const data::Modality& b,
                                                      const data::Split& split);

/// Held-out cells that have both modalities, ascending.
[[nodiscard]] std::vector<Eigen::Index> held_out_with(const data::Modality& a, const data::Modality& b,
                                                      const data::Split& split);

}  // namespace cplae::reduce
