#include "cplae/predict/own_cells.hpp"

#include <limits>
#include <optional>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/model/predictor.hpp"
#include "cplae/stats/classify.hpp"
#include "trained_latents.hpp"

namespace cplae::predict {

namespace {

class OwnPredictions {
public:
  explicit OwnPredictions(const OwnCellsInput& input) : input_(input) {
    const auto& modalities = input.results.study().base.modalities;
    const std::size_t cells = input.results.cells().size();
    for (const auto& modality : modalities)
      features_.push_back(static_cast<std::int64_t>(input.results.features(modality.name).size()));
    for (std::size_t label = 0; label < input.labels.size(); ++label)
      for (std::size_t m = 0; m < modalities.size(); ++m)
        found_.types.push_back({.label = input.labels[label].name,
                                .modality = m,
                                .type = std::vector<std::string>(cells),
                                .probability = std::vector<double>(cells, nan),
                                .is_honest = std::vector<std::uint8_t>(cells, 0)});
    for (std::size_t from = 0; input.is_decoded && from < modalities.size(); ++from)
      for (std::size_t to = 0; to < modalities.size(); ++to)
        if (from != to)
          found_.decoded.push_back({.from = from,
                                    .to = to,
                                    .values = MatrixF::Constant(static_cast<Eigen::Index>(cells),
                                                                features_[to], static_cast<float>(nan))});
    found_.fold.assign(cells, -1);
    for (const data::Role role : input.results.split(input.network))
      found_.held_out.push_back(role == data::Role::train ? 0 : 1);
  }

  /// All that a network says of the cells that it did not train on.
  void add_held_out(const study::Network& network) {
    const data::Split split = input_.results.split(network);
    std::vector<std::uint8_t> wanted;
    for (const data::Role role : split)
      wanted.push_back(role == data::Role::train ? 0 : 1);
    add_types(network, wanted);
    if (!found_.decoded.empty()) decode(network, wanted);
  }

  void add_fold(const study::Network& network) {
    const data::Split split = input_.results.split(network);
    for (std::size_t cell = 0; cell < split.size(); ++cell)
      if (split[cell] != data::Role::train) found_.fold[cell] = network.replicate;
    add_held_out(network);
    ++found_.networks;
  }

  /// Types of the cells that have none yet, all of which the network trained on or has typed already.
  void add_trained() { add_types(input_.network, std::vector<std::uint8_t>(found_.fold.size(), 1)); }

  OwnCells result() && { return std::move(found_); }

private:
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] const std::string& name_of(std::size_t modality) const {
    return input_.results.study().base.modalities[modality].name;
  }

  void add_types(const study::Network& network, const std::vector<std::uint8_t>& wanted) {
    for (std::size_t m = 0; m < features_.size(); ++m) {
      const auto [latents, roles] = trained_latents(input_.results, network, {name_of(m)}, Having::all);
      for (std::size_t label = 0; label < input_.labels.size(); ++label) {
        OwnTypes& types = found_.types[label * features_.size() + m];
        std::vector<Eigen::Index> cells;
        for (std::size_t cell = 0; cell < wanted.size(); ++cell)
          if (wanted[cell] != 0 && roles[cell] != stats::CellRole::left_out && types.type[cell].empty())
            cells.push_back(static_cast<Eigen::Index>(cell));
        if (!cells.empty()) put_types({latents, input_.labels[label].class_of_cell, roles}, cells, types);
      }
    }
  }

  static void put_types(const stats::ClassificationInput& known, const std::vector<Eigen::Index>& cells,
                        OwnTypes& types) {
    std::optional<stats::FittedClasses> classes;
    try {
      classes = stats::fit_classes(known);
    } catch (const NumericError& error) {
      log::warning("types by " + types.label + ": " + error.what());
    }
    if (!classes) return;
    const MatrixD latents = known.latents(cells, Eigen::all);
    const auto named = classes->qda.predict(latents);
    const MatrixD posterior = classes->qda.log_posterior(latents).array().exp();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto cell = static_cast<std::size_t>(cells[i]);
      types.type[cell] = classes->names[static_cast<std::size_t>(named[i])];
      types.probability[cell] = posterior(static_cast<Eigen::Index>(i), named[i]);
      types.is_honest[cell] = known.roles[cell] == stats::CellRole::validation ? 1 : 0;
    }
  }

  void decode(const study::Network& network, const std::vector<std::uint8_t>& wanted) {
    const auto& spec = input_.results.plan().variants.at(network.variant.index()).spec;
    const model::Predictor predictor(spec, features_, input_.results.weights(network));
    for (OwnDecoded& decoded : found_.decoded) {
      const MatrixF latents = input_.results.latents(network, name_of(decoded.from));
      std::vector<Eigen::Index> cells;
      for (Eigen::Index cell = 0; cell < latents.rows(); ++cell)
        if (wanted[static_cast<std::size_t>(cell)] != 0 && latents.row(cell).allFinite())
          cells.push_back(cell);
      if (cells.empty()) continue;
      const MatrixF seen = latents(cells, Eigen::all);
      const MatrixF values = predictor.decode(ModalityIndex(static_cast<std::int64_t>(decoded.to)), seen);
      decoded.values(cells, Eigen::all) = unscaled(values, input_.results.scaling(name_of(decoded.to)));
    }
  }

  static MatrixF unscaled(const MatrixF& values, const data::FeatureScaling& scaling) {
    MatrixF result(values.rows(), values.cols());
    for (Eigen::Index feature = 0; feature < values.cols(); ++feature) {
      const double scale = scaling.scale.at(static_cast<std::size_t>(feature));
      const double centre = scaling.centre.at(static_cast<std::size_t>(feature));
      result.col(feature) = (values.col(feature).cast<double>().array() * scale + centre).cast<float>();
    }
    return result;
  }

  const OwnCellsInput& input_;
  std::vector<std::int64_t> features_;  ///< [modality]
  OwnCells found_;
};

}  // namespace

OwnCells predict_own_cells(const OwnCellsInput& input) {
  OwnPredictions predictions(input);
  const auto& plan = input.results.plan();
  for (std::size_t v = 0; v < plan.variants.size(); ++v) {
    if (plan.variants[v].id != input.folds) continue;
    const auto replicates = input.results.replicates(input.folds);
    for (const auto& network : plan.networks)
      if (network.variant.index() == v && replicates.at(static_cast<std::size_t>(network.replicate)).done)
        predictions.add_fold(network);
  }
  if (input.folds.empty()) predictions.add_held_out(input.network);
  predictions.add_trained();
  return std::move(predictions).result();
}

}  // namespace cplae::predict
