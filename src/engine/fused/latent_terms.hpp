#pragma once
// Batch norm and coupling: small, and in double precision.
#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "cplae/study/study.hpp"
#include "engine/fused/least_eigen.hpp"
#include "engine/fused/row_lists.hpp"
#include "engine/fused/tiles.hpp"

namespace cplae::engine::fused {

/// Latents of one modality's rows. [rows x dim], row-major
struct Latents {
  Latents(std::size_t most_rows, std::size_t dimensions)
      : dim(dimensions), values(most_rows * dim), derivatives(most_rows * dim), inverse_sd(dim) {}
  std::size_t dim;
  std::size_t rows = 0;
  std::vector<double> values;
  std::vector<double> derivatives;  ///< of the loss
  std::vector<double> inverse_sd;   ///< of the batch, as batch norm divided by

  [[nodiscard]] bool usable() const { return rows >= 2; }
};

/// Moving statistics of one modality, in the network's buffer. [dim] each
struct MovingStatistics {
  float* mean = nullptr;
  float* variance = nullptr;
};

/// Keras' batch norm without scale and centre (docs/model.md), of the first latents.rows rows of `raw`; the
/// moving statistics follow.
void normalise(const Tiles& raw, const MovingStatistics& moving, Latents& latents);
/// The same with the moving statistics.
void normalise_by(const MovingStatistics& moving, const Tiles& raw, Latents& latents);
/// Derivatives with respect to `raw`, from latents.derivatives.
void normalise_backward(Latents& latents, const Tiles& raw_derivative);

/// Sum of squared distances over the rows that two modalities share.
[[nodiscard]] double squared_distance(const Latents& first, const Latents& second, const SharedRows& rows);

/// Coupling of a pair of modalities (Gala et al., Eq. 2 to 4).
class Coupling {
public:
  Coupling(const study::NetworkSpec& spec, std::size_t rows);

  /// mean |z_i - z_j|^2 / f_ij over the shared rows, 0 where they are too few; its derivative, times lambda,
  /// is added to both.
  double add(Latents& first, Latents& second, const SharedRows& rows);

private:
  struct Side {
    Side(Eigen::Index dim, Eigen::Index rows)
        : centred(dim, rows), covariance(dim, dim), scale(dim), slopes(dim), least(dim) {}
    Eigen::MatrixXd centred;     ///< [dim x rows]
    Eigen::MatrixXd covariance;  ///< [dim x dim]
    Eigen::VectorXd scale;       ///< [dim or 1] what the divisor is the lesser of
    Eigen::VectorXd slopes;      ///< [dim] of the loss with respect to `scale`
    LeastEigen least;
  };

  void find_distances(const Latents& first, const Latents& second, const SharedRows& rows);
  void centre(Side& side, const Latents& latents, const std::vector<std::uint32_t>& rows) const;
  void find_scale(Side& side, std::size_t rows) const;
  void add_distance(Latents& first, Latents& second, const SharedRows& rows);
  void split_slopes();
  void add_through_divisor(Latents& latents, const Side& side, const std::vector<std::uint32_t>& rows) const;

  study::CouplingScale scale_;
  double lambda_;
  std::size_t dim_;
  Side first_, second_;
  Eigen::VectorXd divisor_;  ///< [dim]
  Eigen::VectorXd squares_;  ///< [dim] mean squared distance
};

}  // namespace cplae::engine::fused
