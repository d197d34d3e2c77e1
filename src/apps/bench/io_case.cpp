#include "apps/bench/io_case.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "apps/bench/shapes.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/random.hpp"
#include "cplae/model/layout.hpp"

namespace cplae::apps::bench {

namespace {

/// Of the paper: a loss history of 1,500 rows a network.
constexpr std::int64_t paper_steps = 750'000;

std::vector<float> draw(NetworkKey key, std::uint32_t index, std::size_t count) {
  std::vector<float> values(count);
  RandomStream(key, {.purpose = Purpose::simulation, .index = index}).fill_uniform(values);
  return values;
}

MatrixF draw_matrix(NetworkKey key, std::uint32_t index, std::pair<std::size_t, std::size_t> shape) {
  const std::vector<float> values = draw(key, index, shape.first * shape.second);
  return Eigen::Map<const MatrixF>(values.data(), static_cast<Eigen::Index>(shape.first),
                                   static_cast<Eigen::Index>(shape.second));
}

study::Study io_study(std::size_t networks) {
  study::Study study = study_of(shape_of("paper"), {"T", "E"});
  study.base.training.steps = paper_steps;
  study.experiments.front().name = "repeats";
  study.experiments.front().kind = study::ExperimentKind::repeats;
  study.experiments.front().initialisations = static_cast<std::int64_t>(networks);
  return study;
}

data::Modality modality_of(const std::string& name, std::size_t features) {
  data::Modality modality;
  modality.name = name;
  for (std::size_t f = 0; f < features; ++f)
    modality.features.push_back(name + "_" + std::to_string(f));
  return modality;
}

}  // namespace

ScratchFolder::ScratchFolder(const dist::Communicator& communicator, const std::filesystem::path& within)
    : communicator_(communicator) {
  std::string pattern = (within / "cplae_bench_io_XXXXXX").string();
  dist::agree(communicator, [&] {
    if (communicator.is_root() && mkdtemp(pattern.data()) == nullptr)
      throw IoError(within.string() + ": no folder can be made in it: " + std::strerror(errno));
  });
  path_ = communicator.broadcast(pattern);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (communicator_.is_root()) std::filesystem::remove_all(path_, ignored);
}

IoCase::IoCase(std::size_t networks, std::size_t cells)
    : study_(io_study(networks)), plan_(study::make_plan(study_)) {
  for (std::size_t cell = 0; cell < cells; ++cell)
    cells_.push_back("cell_" + std::to_string(cell));
  const Shape& shape = shape_of("paper");
  data_.modalities = {modality_of("T", shape.genes), modality_of("E", shape.measured)};
  for (const auto& modality : data_.modalities)
    data_.scaling.push_back({std::vector<double>(modality.features.size(), 0.0),
                             std::vector<double>(modality.features.size(), 1.0)});
}

store::NetworkUnit IoCase::unit(const study::Network& network) const {
  const study::NetworkSpec& spec = plan_.variants.at(network.variant.index()).spec;
  std::vector<std::int64_t> features;
  for (const auto& modality : data_.modalities)
    features.push_back(static_cast<std::int64_t>(modality.features.size()));
  const model::Layout layout = model::make_layout(spec, features);
  store::NetworkUnit unit{.id = network.id,
                          .key = network.key,
                          .split = data::Split(cells_.size(), data::Role::train),
                          .result = {},
                          .device = "none"};
  train::Result& result = unit.result;
  result.steps = spec.training.steps;
  result.best_step = spec.training.steps;
  result.weights = {draw(network.key, 0, layout.parameter_floats),
                    draw(network.key, 1, layout.moving_floats)};
  const auto rows = static_cast<std::size_t>(spec.training.steps / spec.training.validate_every);
  result.losses = draw_matrix(network.key, 2, {rows, train::loss_names(spec).size()});
  const auto latent_dim = static_cast<std::size_t>(spec.training.latent_dim);
  for (std::uint32_t m = 0; m < features.size(); ++m)
    result.latents.push_back(draw_matrix(network.key, 3 + m, {cells_.size(), latent_dim}));
  return unit;
}

store::ResultsInput IoCase::results_input(const store::UnitStore& units) const {
  return {.study = study_,
          .plan = plan_,
          .cells = cells_,
          .data = data_,
          .units = units,
          .data_sha256 = std::string(64, '0'),
          .data_path = "drawn"};
}

}  // namespace cplae::apps::bench
