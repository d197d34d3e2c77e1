#include "trained_latents.hpp"

#include <utility>

#include "cplae/core/error.hpp"

namespace cplae::predict {

namespace {

std::vector<double> to_vector(const VectorD& values) {
  return {values.data(), values.data() + values.size()};
}

std::optional<FittedCells> fit(const TrainedLatents& own, const std::vector<TrainedLabels>& labels) {
  const MatrixD cells = own.with_role(stats::CellRole::train);
  if (cells.rows() == 0) return std::nullopt;
  auto training = stats::Gaussian::fit(cells);
  if (!training) return std::nullopt;
  FittedCells fitted{{}, std::move(*training), own.with_role(stats::CellRole::validation)};
  for (const auto& label : labels)
    fitted.classes.push_back(stats::fit_classes({own.latents, label.class_of_cell, own.roles}));
  return fitted;
}

bool has_types(const FittedCells& fitted) {
  return fitted.classes.empty() || fitted.classes.front();
}

}  // namespace

MatrixD TrainedLatents::with_role(stats::CellRole role) const {
  std::vector<Eigen::Index> rows;
  for (std::size_t cell = 0; cell < roles.size(); ++cell)
    if (roles[cell] == role) rows.push_back(static_cast<Eigen::Index>(cell));
  return latents(rows, Eigen::all);
}

TrainedLatents trained_latents(const store::ResultsReader& results, const study::Network& network,
                               const std::vector<std::string>& modalities, Having having) {
  const data::Split split = results.split(network);
  TrainedLatents own;
  std::vector<std::size_t> counts(split.size(), 0);
  for (const auto& modality : modalities) {
    const MatrixD latents = results.latents(network, modality).cast<double>();
    if (own.latents.size() == 0) own.latents = MatrixD::Zero(latents.rows(), latents.cols());
    for (Eigen::Index cell = 0; cell < latents.rows(); ++cell) {
      // A cell that lacks the modality has no latent.
      if (!latents.row(cell).allFinite()) continue;
      own.latents.row(cell) += latents.row(cell);
      ++counts[static_cast<std::size_t>(cell)];
    }
  }
  const std::size_t least = having == Having::all ? modalities.size() : 1;
  for (std::size_t cell = 0; cell < split.size(); ++cell) {
    const bool is_there = counts[cell] >= least;
    if (is_there) own.latents.row(static_cast<Eigen::Index>(cell)) /= static_cast<double>(counts[cell]);
    const auto role = split[cell] == data::Role::train ? stats::CellRole::train : stats::CellRole::validation;
    own.roles.push_back(is_there ? role : stats::CellRole::left_out);
  }
  return own;
}

std::vector<double> FittedCells::distances(const MatrixD& latents) const {
  if (latents.rows() == 0) return {};
  if (!classes.empty() && classes.front())
    return to_vector(classes.front()->qda.squared_distances(latents).rowwise().minCoeff());
  return to_vector(training.squared_distances(latents));
}

FittedCells fit_trained_latents(const store::ResultsReader& results, const study::Network& network,
                                const std::vector<std::string>& modalities,
                                const std::vector<TrainedLabels>& labels) {
  auto fitted = fit(trained_latents(results, network, modalities, Having::all), labels);
  const bool is_enough = fitted && (modalities.size() == 1 || has_types(*fitted));
  if (is_enough) return std::move(*fitted);
  if (modalities.size() > 1) {
    auto wider = fit(trained_latents(results, network, modalities, Having::any), labels);
    if (wider) return std::move(*wider);
  }
  throw NumericError("network " + network.id + ": its training cells' latents have no covariance");
}

}  // namespace cplae::predict
