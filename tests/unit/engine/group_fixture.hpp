#pragma once
// Studies for tests of engines that train groups, and the engine under test: the kernels on the host or on a
// GPU.
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cplae/core/random.hpp"
#include "cplae/engine/engine.hpp"

namespace cplae::test {

struct Making {
  bool backwards = false;  ///< threads and blocks in the other order, where there is such a thing
  bool chained = true;     ///< products one after the other in one launch
};

/// The group engine under test; the program that runs the tests defines it.
[[nodiscard]] std::unique_ptr<engine::Engine> make_tested(const std::vector<engine::Subject>& subjects,
                                                          const Making& making = {});

struct Shape {
  std::vector<Eigen::Index> features{12, 7};
  std::size_t cells = 90;
  bool partial = false;  ///< a third of the cells lacks each modality but the first, not the same third
  bool missing = false;  ///< an entry in nine of every modality
};

/// Smooth values about 1 with a little noise.
inline study::StudyData make_data(const Shape& shape) {
  const RandomStream stream(make_key(1, "group data"), {.purpose = Purpose::simulation});
  study::StudyData data;
  std::uint64_t element = 0;
  for (std::size_t m = 0; m < shape.features.size(); ++m) {
    const auto cells = static_cast<Eigen::Index>(shape.cells);
    data::Modality modality{
        std::string(1, static_cast<char>('A' + m)), {}, MatrixF(cells, shape.features[m]), {}};
    for (Eigen::Index cell = 0; cell < cells; ++cell) {
      const bool present = !shape.partial || m == 0 || (cell + static_cast<Eigen::Index>(m)) % 3 != 0;
      modality.present.push_back(present ? 1 : 0);
      const double where = stream.uniform_double(static_cast<std::uint64_t>(cell)) * 6.0;
      for (Eigen::Index f = 0; f < shape.features[m]; ++f) {
        const auto noise = static_cast<float>(stream.uniform(1000 + element++)) * 0.3F;
        const bool lacks = !present || (shape.missing && (5 * cell + f) % 9 == 0);
        modality.values(cell, f) =
            lacks ? std::numeric_limits<float>::quiet_NaN()
                  : static_cast<float>(0.6 + std::sin(where + 0.7 * static_cast<double>(f))) + noise;
      }
    }
    data.modalities.push_back(std::move(modality));
  }
  return data;
}

/// A spec with everything on, for data of make_data.
inline study::NetworkSpec make_spec(std::size_t modalities) {
  study::NetworkSpec spec;
  const std::vector<std::vector<std::int64_t>> hidden{{10, 9}, {8}, {70, 20, 5}, {}};
  for (std::size_t m = 0; m < modalities; ++m)
    spec.modalities.push_back({.name = std::string(1, static_cast<char>('A' + m)),
                               .hidden = hidden[m % hidden.size()],
                               .dropout = m % 2 == 0 ? 0.3 : 0.0,
                               .noise_sd = m % 2 == 1 ? 0.4 : 0.0,
                               .decoder_dropout = m % 3 == 1 ? 0.2 : 0.0,
                               .output = m % 2 == 0 ? study::Output::relu : study::Output::linear,
                               .alpha = 1.0 / (1.0 + static_cast<double>(m))});
  spec.training.latent_dim = 3;
  spec.training.batch = 70;
  return spec;
}

/// Every `folds`-th cell is held out.
inline data::Split make_split(std::size_t cells, std::size_t folds, std::size_t fold) {
  data::Split split;
  for (std::size_t cell = 0; cell < cells; ++cell)
    split.push_back(cell % folds == fold ? data::Role::validation : data::Role::train);
  return split;
}

/// The initial state with biases and moving statistics moved away from 0 and 1.
inline engine::State moved_state(const engine::Subject& subject) {
  engine::State state = engine::initial_state(subject);
  std::vector<std::int64_t> features;
  for (const auto& modality : subject.data.modalities)
    features.push_back(modality.values.cols());
  const model::Layout layout = model::make_layout(subject.spec, features);
  for (const auto& slot : layout.parameters)
    if (slot.name.ends_with("/bias"))
      for (std::int64_t i = 0; i < slot.columns; ++i)
        state.weights.parameters[slot.offset + static_cast<std::size_t>(i)] =
            0.2F * std::sin(static_cast<float>(slot.offset) + 1.7F * static_cast<float>(i));
  for (const auto& slot : layout.moving)
    for (std::int64_t i = 0; i < slot.columns; ++i)
      state.weights.moving[slot.offset + static_cast<std::size_t>(i)] += 0.1F + 0.05F * static_cast<float>(i);
  return state;
}

}  // namespace cplae::test
