#include "cplae/predict/predict.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/model/predictor.hpp"
#include "cplae/stats/r2.hpp"
#include "decoded.hpp"
#include "nearness.hpp"
#include "votes.hpp"

namespace cplae::predict {

namespace {

/// Cells that are decoded at once: keeps what a network makes of them small beside the sums.
constexpr Eigen::Index block_cells = 2048;

/// What a network's own cells are to the classification of new ones.
struct OwnCells {
  MatrixD latents;  ///< [cells of the run x latent]
  std::vector<stats::CellRole> roles;

  [[nodiscard]] MatrixD with_role(stats::CellRole role) const {
    std::vector<Eigen::Index> rows;
    for (std::size_t cell = 0; cell < roles.size(); ++cell)
      if (roles[cell] == role) rows.push_back(static_cast<Eigen::Index>(cell));
    return latents(rows, Eigen::all);
  }
};

OwnCells own_cells(const store::ResultsReader& results, const study::Network& network,
                   const std::string& modality) {
  OwnCells own{results.latents(network, modality).cast<double>(), {}};
  const data::Split split = results.split(network);
  for (std::size_t cell = 0; cell < split.size(); ++cell) {
    // A cell that lacks the modality has no latent.
    const bool is_there = own.latents.row(static_cast<Eigen::Index>(cell)).allFinite();
    const auto role = split[cell] == data::Role::train ? stats::CellRole::train : stats::CellRole::validation;
    own.roles.push_back(is_there ? role : stats::CellRole::left_out);
  }
  return own;
}

std::vector<double> to_vector(const VectorD& values) {
  return {values.data(), values.data() + values.size()};
}

/// Squared Mahalanobis distances to the nearest class, or to all training cells.
std::vector<double> distances(const std::optional<stats::FittedClasses>& classes,
                              const stats::Gaussian& training, const MatrixD& latents) {
  if (latents.rows() == 0) return {};
  if (classes) return to_vector(classes->qda.squared_distances(latents).rowwise().minCoeff());
  return to_vector(training.squared_distances(latents));
}

/// Collects what one network after the other says.
class Ensemble {
public:
  explicit Ensemble(const PredictionInput& input)
      : input_(input), errors_(static_cast<std::size_t>(input.seen.rows()), 0.0) {
    const auto cells = input.seen.rows();
    for (const auto& labels : input.labels)
      votes_.emplace_back(labels, static_cast<std::size_t>(cells));
    for (std::size_t m = 0; m < input.modalities.size(); ++m)
      if (m != input.from) decoded_.emplace_back(m, input.modalities[m], cells);
  }

  void add(const study::Network& network) {
    const MatrixF latents = encode_and_decode(network);
    if (network.index == input_.best.index) prediction_.latents = latents;
    classify(network, latents.cast<double>());
    ++prediction_.networks;
  }
  void add_failed() { ++prediction_.failed; }

  Prediction result() && {
    for (const Votes& votes : votes_)
      prediction_.types.push_back(votes.result());
    for (DecodedSums& decoded : decoded_)
      prediction_.modalities.push_back(std::move(decoded).result());
    Distance& distance = prediction_.distance;
    distance.latent = std::move(latent_distances_).quantiles();
    for (const double error : errors_)
      distance.input.push_back(error / static_cast<double>(prediction_.networks));
    distance.missing_share = stats::missing_share_per_cell(input_.seen);
    for (const double share : distance.missing_share)
      distance.missing.push_back(share_below(input_.held_out.missing, share));
    return std::move(prediction_);
  }

private:
  [[nodiscard]] MatrixF encode_and_decode(const study::Network& network) {
    std::vector<std::int64_t> features;
    for (const auto& modality : input_.modalities)
      features.push_back(static_cast<std::int64_t>(modality.features.size()));
    const auto& spec = input_.results.plan().variants.at(network.variant.index()).spec;
    const model::Predictor predictor(spec, features, input_.results.weights(network));
    for (DecodedSums& decoded : decoded_)
      decoded.next_network();
    MatrixF latents(input_.seen.rows(), spec.training.latent_dim);
    for (Eigen::Index first = 0; first < latents.rows(); first += block_cells) {
      const Eigen::Index count = std::min(block_cells, latents.rows() - first);
      const MatrixF seen = input_.seen.middleRows(first, count);
      const MatrixF z = predictor.encode(index_of(input_.from), seen);
      require_finite(first, z);
      latents.middleRows(first, count) = z;
      for (DecodedSums& decoded : decoded_) {
        const MatrixF values = predictor.decode(index_of(decoded.modality()), z);
        require_finite(first, values);
        decoded.add(first, values);
      }
      add_errors(first, stats::squared_error_per_cell(seen, predictor.decode(index_of(input_.from), z)));
    }
    return latents;
  }

  void require_finite(Eigen::Index first, const MatrixF& made) const {
    for (Eigen::Index row = 0; row < made.rows(); ++row)
      if (!made.row(row).allFinite())
        throw DataError("cell '" + input_.cells.at(static_cast<std::size_t>(first + row)) +
                        "': its values in " + input_.modalities[input_.from].name +
                        " are too large for the networks to make numbers of, expected some like those they "
                        "were trained on");
  }

  void add_errors(Eigen::Index first, const std::vector<double>& errors) {
    for (std::size_t i = 0; i < errors.size(); ++i)
      errors_[static_cast<std::size_t>(first) + i] += share_below(input_.held_out.error, errors[i]);
  }

  void classify(const study::Network& network, const MatrixD& latents) {
    const OwnCells own = own_cells(input_.results, network, input_.modalities[input_.from].name);
    std::optional<stats::FittedClasses> nearest;
    for (std::size_t l = 0; l < votes_.size(); ++l) {
      auto fitted = stats::fit_classes({own.latents, input_.labels[l].class_of_cell, own.roles});
      if (fitted) votes_[l].add(*fitted, latents);
      if (l == 0) nearest = std::move(fitted);
    }
    const auto training = stats::Gaussian::fit(own.with_role(stats::CellRole::train));
    if (!training)
      throw NumericError("network " + network.id + ": its training cells' latents have no covariance");
    latent_distances_.add(distances(nearest, *training, latents),
                          distances(nearest, *training, own.with_role(stats::CellRole::validation)));
  }

  static ModalityIndex index_of(std::size_t modality) {
    return ModalityIndex(static_cast<std::int64_t>(modality));
  }

  const PredictionInput& input_;
  std::vector<Votes> votes_;
  std::vector<DecodedSums> decoded_;
  PooledDistances latent_distances_;
  std::vector<double> errors_;  ///< quantiles, summed over networks [cells]
  Prediction prediction_;
};

}  // namespace

Prediction predict_cells(const PredictionInput& input) {
  const auto& plan = input.results.plan();
  Ensemble ensemble(input);
  for (std::size_t v = 0; v < plan.variants.size(); ++v) {
    if (!study::is_of(plan.variants[v], input.variant)) continue;
    const auto replicates = input.results.replicates(plan.variants[v].id);
    for (const auto& network : plan.networks) {
      if (network.variant.index() != v) continue;
      if (replicates.at(static_cast<std::size_t>(network.replicate)).done)
        ensemble.add(network);
      else
        ensemble.add_failed();
    }
  }
  return std::move(ensemble).result();
}

}  // namespace cplae::predict
