#include "synthetic_run.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/random.hpp"
#include "cplae/study/parse.hpp"
#include "cplae/train/trainer.hpp"

namespace cplae::test {

namespace {

constexpr const char* study_toml = R"([study]
name = "synthetic"
seed = 7
[[modality]]
name = "T"
hidden = [5]
[[modality]]
name = "E"
hidden = [4, 3]
[training]
latent_dim = 3
steps = 45
validate_every = 10
keep_best_after = 20
[[experiment]]
name = "folds"
kind = "kfold"
folds = 5
vary."coupling.lambda" = [0.0, 0.5]
[[experiment]]
name = "repeats"
kind = "repeats"
initialisations = 3
)";

constexpr std::size_t cell_count = 11;

data::Modality modality_of(const std::string& name, std::size_t features) {
  data::Modality modality;
  modality.name = name;
  for (std::size_t f = 0; f < features; ++f)
    modality.features.push_back(name + "\u00b5" + std::string(f, 'x'));
  return modality;
}

std::vector<float> draw(NetworkKey key, std::uint32_t index, std::size_t count) {
  std::vector<float> values(count);
  RandomStream(key, {.purpose = Purpose::simulation, .index = index, .step = 0}).fill_normal(values);
  return values;
}

MatrixF draw_matrix(NetworkKey key, std::uint32_t index, std::pair<std::size_t, std::size_t> shape) {
  const std::vector<float> values = draw(key, index, shape.first * shape.second);
  return Eigen::Map<const MatrixF>(values.data(), static_cast<Eigen::Index>(shape.first),
                                   static_cast<Eigen::Index>(shape.second));
}

}  // namespace

SharedScratch::SharedScratch(const dist::Communicator& communicator) : communicator_(communicator) {
  std::string pattern = (std::filesystem::temp_directory_path() / "cplae_XXXXXX").string();
  dist::agree(communicator, [&] {
    if (communicator.is_root() && mkdtemp(pattern.data()) == nullptr)
      throw Error(pattern + " cannot be made");
  });
  path_ = communicator.broadcast(pattern);
}

SharedScratch::~SharedScratch() {
  communicator_.barrier();
  std::error_code ignored;
  if (communicator_.is_root()) std::filesystem::remove_all(path_, ignored);
}

SyntheticRun::SyntheticRun()
    : study(study::parse_study(study_toml, "synthetic")), plan(study::make_plan(study)) {
  for (std::size_t cell = 0; cell < cell_count; ++cell)
    cells.push_back("cell_" + std::string(cell, 'c'));
  data.modalities = {modality_of("T", 6), modality_of("E", 2)};
  for (const auto& modality : data.modalities) {
    data::FeatureScaling scaling;
    for (std::size_t f = 0; f < modality.features.size(); ++f) {
      scaling.centre.push_back(0.1 * static_cast<double>(f));
      scaling.scale.push_back(1.0 / 3 + static_cast<double>(f));
    }
    data.scaling.push_back(std::move(scaling));
  }
}

store::NetworkUnit SyntheticRun::unit(const study::Network& network) const {
  const study::NetworkSpec& spec = plan.variants.at(network.variant.index()).spec;
  const bool has_failed = network.variant == VariantIndex(1) && network.replicate == 4;
  const model::Layout layout = model::make_layout(spec, {6, 2});
  store::NetworkUnit unit;
  unit.id = network.id;
  unit.key = network.key;
  unit.device = "cpu";
  for (std::size_t cell = 0; cell < cell_count; ++cell)
    unit.split.push_back(static_cast<data::Role>((cell + static_cast<std::size_t>(network.replicate)) % 3));
  train::Result& result = unit.result;
  result.finite = !has_failed;
  result.steps = has_failed ? 20 : 45;
  result.best_step = has_failed ? 0 : 40;
  result.failed_step = has_failed ? 20 : -1;
  result.seconds = 1.25 + static_cast<double>(network.index.value());
  result.weights = {draw(network.key, 0, layout.parameter_floats),
                    draw(network.key, 1, layout.moving_floats)};
  result.losses = draw_matrix(network.key, 2, {has_failed ? 2U : 5U, train::loss_names(spec).size()});
  const auto latent_dim = static_cast<std::size_t>(spec.training.latent_dim);
  for (std::uint32_t m = 0; m < 2; ++m) {
    result.latents.push_back(draw_matrix(network.key, 3 + m, {cell_count, latent_dim}));
    result.latents.back().row(4 + m).setConstant(std::numeric_limits<float>::quiet_NaN());
    if (has_failed) result.latents.back().setConstant(std::numeric_limits<float>::quiet_NaN());
  }
  return unit;
}

void SyntheticRun::write_units(const store::UnitStore& units, int rank, int ranks) const {
  make_folder(units.folder().units(store::UnitKind::network));
  for (const auto& network : plan.networks)
    if (network.index.value() % ranks == rank)
      units.write(store::UnitKind::network, network.id, store::to_record(unit(network)));
}

store::ResultsInput SyntheticRun::input(const store::UnitStore& units) const {
  return {.study = study,
          .plan = plan,
          .cells = cells,
          .data = data,
          .units = units,
          .data_sha256 = std::string(64, 'a'),
          .data_path = "synthetic.h5mu",
          .patience = std::chrono::milliseconds(50)};
}

}  // namespace cplae::test
