#pragma once
// Small cohorts and networks that meet every rule of docs/model.md.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cplae/core/random.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/study/networks.hpp"

namespace cplae {

struct CohortShape {
  std::size_t cells = 150;
  std::vector<Eigen::Index> features{37, 11};
  bool is_partial = false;  ///< every third cell lacks the second modality, every fifth the last
  bool has_gaps = false;    ///< some entries are missing
};

/// Cells on a curve, seen by each modality.
inline study::StudyData make_cohort(const CohortShape& shape) {
  const RandomStream stream(make_key(11, "cohort"), {.purpose = Purpose::simulation});
  study::StudyData data;
  std::uint64_t element = 0;
  for (std::size_t m = 0; m < shape.features.size(); ++m) {
    const auto features = shape.features[m];
    data::Modality modality{
        "M" + std::to_string(m), {}, MatrixF(static_cast<Eigen::Index>(shape.cells), features), {}};
    for (std::size_t cell = 0; cell < shape.cells; ++cell) {
      const bool lacks = shape.is_partial && ((m == 1 && cell % 3 == 0) || (m > 1 && cell % 5 == 0));
      modality.present.push_back(lacks ? 0 : 1);
      const double where = stream.uniform_double(cell) * 6.0;
      for (Eigen::Index f = 0; f < features; ++f) {
        const double noise = static_cast<double>(stream.uniform(1000 + element++));
        const bool gap = lacks || (shape.has_gaps && m > 0 && noise < 0.05);
        modality.values(static_cast<Eigen::Index>(cell), f) =
            gap ? std::numeric_limits<float>::quiet_NaN()
                : static_cast<float>(1.0 + std::sin(where + 0.7 * static_cast<double>(f)) + 0.5 * noise);
      }
    }
    for (Eigen::Index f = 0; f < features; ++f)
      modality.features.push_back(std::to_string(f));
    data.modalities.push_back(std::move(modality));
  }
  return data;
}

inline data::Split make_split(std::size_t cells) {
  data::Split split;
  for (std::size_t cell = 0; cell < cells; ++cell)
    split.push_back(cell % 7 == 0 ? data::Role::validation : data::Role::train);
  return split;
}

inline study::NetworkSpec make_network(std::size_t modalities) {
  study::NetworkSpec spec;
  for (std::size_t m = 0; m < modalities; ++m)
    spec.modalities.push_back(
        {.name = "M" + std::to_string(m),
         .hidden = m == 0 ? std::vector<std::int64_t>{20, 17} : std::vector<std::int64_t>{9},
         .dropout = m == 0 ? 0.5 : 0.1,
         .noise_sd = m == 0 ? 0.0 : 0.05,
         .decoder_dropout = m == 0 ? 0.0 : 0.2,
         .output = m == 0 ? study::Output::relu : study::Output::linear,
         .alpha = m == 0 ? 1.0 : 0.7});
  spec.training.batch = 50;
  spec.training.latent_dim = 3;
  return spec;
}

}  // namespace cplae
