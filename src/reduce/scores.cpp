#include "scores.hpp"

#include "cplae/stats/r2.hpp"

namespace cplae::reduce {

namespace {

stats::CellRole role_of(data::Role role, bool present) {
  if (!present) return stats::CellRole::left_out;
  return role == data::Role::train ? stats::CellRole::train : stats::CellRole::validation;
}

std::vector<Eigen::Index> cells_with(const data::Modality& a, const data::Modality& b,
                                     const data::Split& split, bool in_training) {
  std::vector<Eigen::Index> cells;
  for (std::size_t cell = 0; cell < split.size(); ++cell)
    if ((split[cell] == data::Role::train) == in_training && a.present[cell] != 0 && b.present[cell] != 0)
      cells.push_back(static_cast<Eigen::Index>(cell));
  return cells;
}

}  // namespace

stats::Classification classify_held_out(const data::Modality& modality, const MatrixD& latents,
                                        const data::Split& split, const LabelScheme& scheme) {
  stats::ClassificationInput input{latents, scheme.class_of_cell, {}};
  for (std::size_t cell = 0; cell < split.size(); ++cell)
    input.roles.push_back(role_of(split[cell], modality.present[cell] != 0));
  return stats::classify_accuracy(input);
}

void AccuracyRows::add(const data::Modality& modality, const MatrixD& latents, const data::Split& split,
                       const std::vector<LabelScheme>& schemes) {
  for (const auto& scheme : schemes) {
    const stats::Classification result = classify_held_out(modality, latents, split, scheme);
    label_.push_back(scheme.label);
    representation_.push_back("z" + modality.name);
    n_classes_.push_back(static_cast<std::int64_t>(scheme.n_classes));
    n_usable_.push_back(static_cast<std::int64_t>(result.n_classes));
    n_fitted_.push_back(static_cast<std::int64_t>(result.n_fitted));
    n_cells_.push_back(static_cast<std::int64_t>(result.n_cells));
    accuracy_.push_back(result.accuracy);
  }
}

Frame AccuracyRows::frame() && {
  return Frame({{"label", std::move(label_)},
                {"representation", std::move(representation_)},
                {"n_classes", std::move(n_classes_)},
                {"n_usable", std::move(n_usable_)},
                {"n_fitted", std::move(n_fitted_)},
                {"n_cells", std::move(n_cells_)},
                {"accuracy", std::move(accuracy_)}});
}

void ReconstructionRows::add(const data::Modality& from, const data::Modality& to, const MatrixF& truth,
                             const MatrixF& predicted) {
  whole_.from.push_back(from.name);
  whole_.to.push_back(to.name);
  n_cells_.push_back(truth.rows());
  n_constant_.push_back(static_cast<std::int64_t>(stats::constant_features(truth)));
  r2_.push_back(stats::r2(truth, predicted));
  mse_.push_back(stats::mean_squared_error(truth, predicted));
  const auto r2 = stats::r2_per_feature(truth, predicted);
  const auto pearson = stats::pearson_per_feature(truth, predicted);
  for (std::size_t feature = 0; feature < r2.size(); ++feature) {
    by_feature_.from.push_back(from.name);
    by_feature_.to.push_back(to.name);
    feature_.push_back(to.features[feature]);
    feature_r2_.push_back(r2[feature]);
    feature_pearson_.push_back(pearson[feature]);
  }
}

Frame ReconstructionRows::take_reconstruction() {
  return Frame({{"from", std::move(whole_.from)},
                {"to", std::move(whole_.to)},
                {"n_cells", std::move(n_cells_)},
                {"n_constant", std::move(n_constant_)},
                {"r2", std::move(r2_)},
                {"mse", std::move(mse_)}});
}

Frame ReconstructionRows::take_features() {
  return Frame({{"from", std::move(by_feature_.from)},
                {"to", std::move(by_feature_.to)},
                {"feature", std::move(feature_)},
                {"r2", std::move(feature_r2_)},
                {"pearson", std::move(feature_pearson_)}});
}

std::vector<Eigen::Index> training_with(const data::Modality& a, const data::Modality& b,
                                        const data::Split& split) {
  return cells_with(a, b, split, true);
}

std::vector<Eigen::Index> held_out_with(const data::Modality& a, const data::Modality& b,
                                        const data::Split& split) {
  return cells_with(a, b, split, false);
}

}  // namespace cplae::reduce
