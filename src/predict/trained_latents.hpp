#pragma once
// What a network's own cells are to the classification of new ones.
#include <optional>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/predict/trained.hpp"
#include "cplae/stats/classify.hpp"
#include "cplae/store/read_results.hpp"

namespace cplae::predict {

/// Which of several modalities a cell has to have.
enum class Having : unsigned char { all, any };

struct TrainedLatents {
  MatrixD latents;  ///< [cells of the run x latent], mean over those of the modalities that a cell has
  std::vector<stats::CellRole> roles;

  [[nodiscard]] MatrixD with_role(stats::CellRole role) const;
};

/// Cells of the run that have all, or any, of the modalities; the others are left out. Throws IoError,
/// DataError (results.h5).
[[nodiscard]] TrainedLatents trained_latents(const store::ResultsReader& results,
                                             const study::Network& network,
                                             const std::vector<std::string>& modalities, Having having);

/// What new cells are compared with.
struct FittedCells {
  std::vector<std::optional<stats::FittedClasses>> classes;  ///< [labels]
  stats::Gaussian training;                                  ///< all training cells
  MatrixD held_out;                                          ///< [cells x latent]

  /// Squared Mahalanobis distances to the nearest class of the first labels, or to all training cells.
  [[nodiscard]] std::vector<double> distances(const MatrixD& latents) const;
};

/// Of the cells that have all of the modalities; where they have too few classes of the first labels, or no
/// covariance, of those that have any of them. Throws NumericError where these have no covariance.
[[nodiscard]] FittedCells fit_trained_latents(const store::ResultsReader& results,
                                              const study::Network& network,
                                              const std::vector<std::string>& modalities,
                                              const std::vector<TrainedLabels>& labels);

}  // namespace cplae::predict
