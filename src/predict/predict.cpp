#include "cplae/predict/predict.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/model/predictor.hpp"
#include "cplae/stats/r2.hpp"
#include "decoded.hpp"
#include "groups.hpp"
#include "within_folds.hpp"

namespace cplae::predict {

namespace {

/// Cells that are decoded at once: keeps what a network makes of them small beside the sums.
constexpr Eigen::Index block_cells = 2048;

/// Some cells, one after the other.
struct Block {
  Eigen::Index first;
  Eigen::Index count;
};

std::vector<Block> blocks_of(Eigen::Index cells) {
  std::vector<Block> blocks;
  for (Eigen::Index first = 0; first < cells; first += block_cells)
    blocks.push_back({first, std::min(block_cells, cells - first)});
  return blocks;
}

ModalityIndex index_of(std::size_t modality) {
  return ModalityIndex(static_cast<std::int64_t>(modality));
}

const study::Variant& variant_of(const PredictionInput& input, const study::Network& network) {
  return input.results.plan().variants.at(network.variant.index());
}

/// Those of the variant, or of the ensemble: its members' by folds.
std::vector<study::Network> networks_of(const PredictionInput& input) {
  std::vector<study::Network> networks;
  for (const auto& network : input.results.plan().networks)
    if (study::is_of(variant_of(input, network), input.variant)) networks.push_back(network);
  std::stable_sort(networks.begin(), networks.end(),
                   [](const auto& one, const auto& other) { return one.replicate < other.replicate; });
  return networks;
}

/// Collects what one network after the other says.
class Ensemble {
public:
  explicit Ensemble(const PredictionInput& input)
      : input_(input), modalities_of_cell_(input.cells.size(), 0), errors_(input.cells.size(), 0.0) {
    for (const auto& own : input.measured)
      for (const Eigen::Index cell : own.cells)
        ++modalities_of_cell_[static_cast<std::size_t>(cell)];
    for (Group& group : groups_of(input.measured, input.cells.size()))
      groups_.emplace_back(std::move(group), input);
    for (std::size_t m = 0; m < input.modalities.size(); ++m)
      if (!is_measured(m)) add_decoded(m);
    prediction_.from.resize(input.cells.size());
    for (const GroupTypes& own : groups_)
      for (const Eigen::Index cell : own.group().cells)
        prediction_.from[static_cast<std::size_t>(cell)] = own.name();
  }

  void add(const study::Network& network) {
    std::vector<std::int64_t> features;
    for (const auto& modality : input_.modalities)
      features.push_back(static_cast<std::int64_t>(modality.features.size()));
    const auto& spec = input_.results.plan().variants.at(network.variant.index()).spec;
    const model::Predictor predictor(spec, features, input_.results.weights(network));
    const MatrixF latents = encode(predictor, spec.training.latent_dim);
    decode(predictor, latents, network.replicate);
    if (network.index == input_.best.index) {
      prediction_.latents = latents;
      prediction_.own_latents = own_latents_;
    }
    const MatrixD places = latents.cast<double>();
    for (GroupTypes& group : groups_)
      group.add(network, places);
    ++prediction_.networks;
  }
  void add_failed() { ++prediction_.failed; }

  Prediction result() && {
    gather_types();
    for (DecodedSums& decoded : decoded_)
      prediction_.modalities.push_back(std::move(decoded).result());
    for (std::size_t i = 0; i < within_.size(); ++i)
      add_predictive_sd(prediction_.modalities[i], std::move(within_[i]).spread());
    Distance& distance = prediction_.distance;
    distance.latent.assign(input_.cells.size(), std::numeric_limits<double>::quiet_NaN());
    for (GroupTypes& own : groups_) {
      const auto& cells = own.group().cells;  // which stay
      const auto quantiles = std::move(own).distances();
      for (std::size_t i = 0; i < quantiles.size(); ++i)
        distance.latent[static_cast<std::size_t>(cells[i])] = quantiles[i];
    }
    for (const double error : errors_)
      distance.input.push_back(error / static_cast<double>(prediction_.networks));
    add_missing(distance);
    return std::move(prediction_);
  }

private:
  [[nodiscard]] bool is_measured(std::size_t modality) const {
    return std::any_of(input_.measured.begin(), input_.measured.end(),
                       [&](const NewModality& own) { return own.modality == modality; });
  }

  /// Mean over the modalities that a cell has. [cells x latent]
  [[nodiscard]] MatrixF encode(const model::Predictor& predictor, std::int64_t latent_dim) {
    MatrixF latents = MatrixF::Zero(static_cast<Eigen::Index>(input_.cells.size()), latent_dim);
    own_latents_.clear();
    for (const NewModality& own : input_.measured) {
      MatrixF& own_latents = own_latents_.emplace_back(own.seen.rows(), latent_dim);
      for (const Block& block : blocks_of(own.seen.rows())) {
        const MatrixF seen = own.seen.middleRows(block.first, block.count);
        const MatrixF z = predictor.encode(index_of(own.modality), seen);
        own_latents.middleRows(block.first, block.count) = z;
        const auto errors = stats::squared_error_per_cell(seen, predictor.decode(index_of(own.modality), z));
        for (Eigen::Index i = 0; i < block.count; ++i) {
          const Eigen::Index cell = own.cells[static_cast<std::size_t>(block.first + i)];
          require_finite(cell, z.row(i), input_.modalities[own.modality].name);
          latents.row(cell) += z.row(i);
          add_to_mean(errors_, cell, share_below(own.held_out.error, errors[static_cast<std::size_t>(i)]));
        }
      }
    }
    for (Eigen::Index cell = 0; cell < latents.rows(); ++cell)
      latents.row(cell) /= static_cast<float>(modalities_of_cell_[static_cast<std::size_t>(cell)]);
    return latents;
  }

  void add_decoded(std::size_t m) {
    const auto cells = static_cast<Eigen::Index>(input_.cells.size());
    decoded_.emplace_back(m, input_.modalities[m], cells);
    if (!input_.variances.empty())
      within_.emplace_back(cells, static_cast<Eigen::Index>(input_.modalities[m].features.size()));
  }

  void decode(const model::Predictor& predictor, const MatrixF& latents, std::int64_t fold) {
    for (std::size_t d = 0; d < decoded_.size(); ++d) {
      DecodedSums& decoded = decoded_[d];
      decoded.next_network();
      if (!within_.empty()) within_[d].next_network(fold);
      for (const Block& block : blocks_of(latents.rows())) {
        const MatrixF z = latents.middleRows(block.first, block.count);
        const MatrixF values = predictor.decode(index_of(decoded.modality()), z);
        for (Eigen::Index i = 0; i < block.count; ++i)
          require_finite(block.first + i, values.row(i),
                         prediction_.from[static_cast<std::size_t>(block.first + i)]);
        decoded.add(block.first, values);
        if (!within_.empty()) within_[d].add(block.first, values);
      }
    }
  }

  /// Of each cell by what it was predicted from.
  void add_predictive_sd(PredictedModality& made, const MatrixD& spread) const {
    const TrainedModality& trained = input_.modalities[made.modality];
    const Eigen::Map<const Eigen::RowVectorXd> scale(trained.scaling.scale.data(), spread.cols());
    made.predictive_sd =
        MatrixF::Constant(spread.rows(), spread.cols(), std::numeric_limits<float>::quiet_NaN());
    for (const TrainedVariance& own : input_.variances) {
      if (own.to != trained.name) continue;
      std::vector<Eigen::Index> cells;
      for (std::size_t cell = 0; cell < prediction_.from.size(); ++cell)
        if (prediction_.from[cell] == own.from) cells.push_back(static_cast<Eigen::Index>(cell));
      const MatrixD sd = stats::predictive_sd(own.variance, spread(cells, Eigen::all));
      made.predictive_sd(cells, Eigen::all) = (sd.array().rowwise() * scale.array()).cast<float>();
    }
  }

  void require_finite(Eigen::Index cell, const Eigen::Ref<const Eigen::RowVectorXf>& made,
                      const std::string& from) const {
    if (made.allFinite()) return;
    throw DataError("cell '" + input_.cells.at(static_cast<std::size_t>(cell)) + "': its values in " + from +
                    " are too large for the networks to make numbers of, expected some like those they were "
                    "trained on");
  }

  /// Adds what one of a cell's modalities says of it.
  void add_to_mean(std::vector<double>& means, Eigen::Index cell, double value) const {
    const auto at = static_cast<std::size_t>(cell);
    means[at] += value / static_cast<double>(modalities_of_cell_[at]);
  }

  void add_missing(Distance& distance) const {
    distance.missing_share.assign(input_.cells.size(), 0);
    distance.missing.assign(input_.cells.size(), 0);
    for (const NewModality& own : input_.measured) {
      const auto shares = stats::missing_share_per_cell(own.seen);
      for (std::size_t i = 0; i < shares.size(); ++i) {
        add_to_mean(distance.missing_share, own.cells[i], shares[i]);
        add_to_mean(distance.missing, own.cells[i], share_below(own.held_out.missing, shares[i]));
      }
    }
  }

  /// Puts the groups' types into the order of the new cells.
  void gather_types() {
    const std::size_t cells = input_.cells.size();
    const std::vector<double> none(cells, std::numeric_limits<double>::quiet_NaN());
    for (const auto& labels : input_.labels)
      prediction_.types.push_back({.label = labels.name,
                                   .networks = 0,
                                   .type = std::vector<std::string>(cells),
                                   .agreement = none,
                                   .probability = none});
    for (const GroupTypes& own : groups_) {
      const auto types = own.types();
      for (std::size_t l = 0; l < types.size(); ++l) {
        PredictedTypes& all = prediction_.types[l];
        all.networks = std::max(all.networks, types[l].networks);
        for (std::size_t i = 0; i < own.group().cells.size(); ++i) {
          const auto cell = static_cast<std::size_t>(own.group().cells[i]);
          all.type[cell] = types[l].type[i];
          all.agreement[cell] = types[l].agreement[i];
          all.probability[cell] = types[l].probability[i];
        }
      }
    }
  }

  const PredictionInput& input_;
  std::vector<std::size_t> modalities_of_cell_;  ///< how many of those measured [cells]
  std::vector<MatrixF> own_latents_;             ///< of the last network, as in Prediction
  std::vector<GroupTypes> groups_;
  std::vector<DecodedSums> decoded_;
  std::vector<WithinFolds> within_;  ///< of each decoded; none without variances
  std::vector<double> errors_;  ///< quantiles, mean over a cell's modalities, summed over networks [cells]
  Prediction prediction_;
};

}  // namespace

std::string joint_name(const std::vector<TrainedModality>& modalities,
                       const std::vector<NewModality>& measured) {
  std::vector<std::string> names;
  for (const auto& own : measured)
    names.push_back(modalities[own.modality].name);
  return join(names, "+");
}

Prediction predict_cells(const PredictionInput& input) {
  Ensemble ensemble(input);
  for (const study::Network& network : networks_of(input)) {
    const auto replicates = input.results.replicates(variant_of(input, network).id);
    if (replicates.at(static_cast<std::size_t>(network.replicate)).done)
      ensemble.add(network);
    else
      ensemble.add_failed();
  }
  return std::move(ensemble).result();
}

}  // namespace cplae::predict
