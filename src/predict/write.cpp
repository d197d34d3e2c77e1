#include "cplae/predict/write.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "cplae/data/write.hpp"
#include "cplae/reduce/frame.hpp"
#include "reduce/table_writer.hpp"

namespace cplae::predict {

namespace {

data::ObsColumn text_column(std::string name, std::vector<std::string> values) {
  return {.name = std::move(name), .is_text = true, .text = std::move(values), .numbers = {}};
}

data::ObsColumn number_column(std::string name, std::vector<double> values) {
  return {.name = std::move(name), .is_text = false, .text = {}, .numbers = std::move(values)};
}

/// The new data's own columns, but those of an earlier export or predicted anew, then the predicted ones.
std::vector<data::ObsColumn> all_columns(const PredictedCells& predicted) {
  auto made = predicted_columns(predicted.prediction);
  std::vector<std::string> gone;
  for (const auto& column : predicted.obs)
    gone.push_back(column.name);
  gone = data::exported_columns(gone, {});
  for (const auto& column : made)
    gone.push_back(column.name);
  std::vector<data::ObsColumn> columns;
  for (const auto& column : predicted.obs)
    if (std::find(gone.begin(), gone.end(), column.name) == gone.end()) columns.push_back(column);
  columns.insert(columns.end(), std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
  return columns;
}

/// Of all new cells.
data::Modality predicted_modality(const PredictedCells& predicted, const PredictedModality& own) {
  const TrainedModality& trained = predicted.modalities[own.modality];
  return {.name = trained.name,
          .features = trained.features,
          .values = own.mean,
          .present = std::vector<std::uint8_t>(predicted.cells.size(), 1)};
}

/// Of the cells that have it.
data::Modality measured_modality(const PredictedCells& predicted, const NewModality& own) {
  const TrainedModality& trained = predicted.modalities[own.modality];
  data::Modality made{
      .name = trained.name,
      .features = trained.features,
      .values = MatrixF::Constant(static_cast<Eigen::Index>(predicted.cells.size()), own.measured.cols(),
                                  std::numeric_limits<float>::quiet_NaN()),
      .present = std::vector<std::uint8_t>(predicted.cells.size(), 0)};
  made.values(own.cells, Eigen::all) = own.measured;
  for (const Eigen::Index cell : own.cells)
    made.present[static_cast<std::size_t>(cell)] = 1;
  return made;
}

/// Of all new cells, NaN where one lacks the modality.
MatrixD own_latents(const PredictedCells& predicted, std::size_t measured) {
  const MatrixF& latents = predicted.prediction.own_latents.at(measured);
  MatrixD all = MatrixD::Constant(static_cast<Eigen::Index>(predicted.cells.size()), latents.cols(),
                                  std::numeric_limits<double>::quiet_NaN());
  all(predicted.measured[measured].cells, Eigen::all) = latents.cast<double>();
  return all;
}

/// By each modality, and by several together.
void add_embeddings(const PredictedCells& predicted, data::Extras& extras) {
  const MatrixD joint = predicted.prediction.latents.cast<double>();
  for (std::size_t i = 0; i < predicted.measured.size(); ++i) {
    const auto& name = predicted.modalities[predicted.measured[i].modality].name;
    auto& own = extras.modalities[name].obsm;
    extras.obsm["X_cplae_" + name] = own["X_cplae_" + name] = own_latents(predicted, i);
    own["X_cplae_" + joint_name(predicted.modalities, predicted.measured)] = joint;
  }
  extras.obsm["X_cplae_" + joint_name(predicted.modalities, predicted.measured)] = joint;
}

}  // namespace

std::array<std::string, 3> type_columns(const std::string& label) {
  const std::string name = "predicted_" + label;
  return {name, name + "_agreement", name + "_probability"};
}

std::vector<data::ObsColumn> predicted_columns(const Prediction& prediction) {
  std::vector<data::ObsColumn> columns;
  for (const auto& types : prediction.types) {
    const auto names = type_columns(types.label);
    columns.push_back(text_column(names[0], types.type));
    columns.push_back(number_column(names[1], types.agreement));
    columns.push_back(number_column(names[2], types.probability));
  }
  const Distance& distance = prediction.distance;
  columns.push_back(number_column("distance_latent", distance.latent));
  columns.push_back(number_column("distance_input", distance.input));
  columns.push_back(number_column("distance_missing", distance.missing));
  columns.push_back(number_column("missing_share", distance.missing_share));
  columns.push_back(text_column("from_modalities", prediction.from));
  return columns;
}

void write_prediction(const PredictedCells& predicted, const std::filesystem::path& path) {
  data::Dataset dataset{.cells = predicted.cells,
                        .modalities = {},
                        .obs = all_columns(predicted),
                        .taxonomy = predicted.taxonomy};
  data::Extras extras;
  add_embeddings(predicted, extras);
  for (const auto& own : predicted.measured)
    dataset.modalities.push_back(measured_modality(predicted, own));
  for (const auto& other : predicted.prediction.modalities) {
    dataset.modalities.push_back(predicted_modality(predicted, other));
    auto& layers = extras.modalities[dataset.modalities.back().name].layers;
    layers["sd"] = other.sd;
    layers["agreement"] = other.agreement;
    if (other.predictive_sd.size() > 0) layers["predictive_sd"] = other.predictive_sd;
  }
  extras.uns["cplae_prediction"] = predicted.notes;
  data::write_h5mu(dataset, path, extras);
}

void write_prediction_table(const PredictedCells& predicted, const std::filesystem::path& path) {
  const auto columns = predicted_columns(predicted.prediction);
  const MatrixF& latents = predicted.prediction.latents;
  std::vector<std::string> names;
  for (const auto& column : columns)
    names.push_back(column.name);
  for (Eigen::Index d = 0; d < latents.cols(); ++d)
    names.push_back("z_" + joint_name(predicted.modalities, predicted.measured) + "_" + std::to_string(d));
  reduce::TableWriter table({"cell"}, names);
  for (std::size_t cell = 0; cell < predicted.cells.size(); ++cell) {
    std::vector<std::string> values;
    for (const auto& column : columns)
      values.push_back(column.is_text ? column.text[cell] : reduce::field_text(column.numbers[cell]));
    for (Eigen::Index d = 0; d < latents.cols(); ++d)
      values.push_back(reduce::field_text(static_cast<double>(latents(static_cast<Eigen::Index>(cell), d))));
    table.add_row({predicted.cells[cell]}, values);
  }
  table.write(path);
}

}  // namespace cplae::predict
