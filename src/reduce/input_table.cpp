#include "input_table.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/reduce/frame.hpp"
#include "cplae/stats/summary.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

namespace {

/// log_2(10^6 + 1) = 19.93; what rounding to floats may leave of a 0.
constexpr double most_logarithm = 20.0;
constexpr double least_logarithm = -1e-4;

/// Sums over the present entries of one feature.
struct FeatureSums {
  stats::RunningMoments moments;
  double powers_of_e = 0;
  double powers_of_2 = 0;

  void add(double value) {
    moments.add(value);
    powers_of_e += std::expm1(value);
    powers_of_2 += std::exp2(value) - 1;
  }
};

/// f(x) of an entry from what the networks see.
double unscaled(float value, const data::FeatureScaling& scaling, std::size_t feature) {
  return static_cast<double>(value) * scaling.scale[feature] + scaling.centre[feature];
}

struct ModalitySums {
  std::vector<FeatureSums> features;
  bool are_logarithms = true;
};

ModalitySums sums_of(const data::Modality& modality, const data::FeatureScaling& scaling) {
  ModalitySums sums;
  sums.features.resize(modality.features.size());
  for (Eigen::Index cell = 0; cell < modality.values.rows(); ++cell)
    for (std::size_t feature = 0; feature < sums.features.size(); ++feature) {
      const float entry = modality.values(cell, static_cast<Eigen::Index>(feature));
      if (std::isnan(entry)) continue;
      const double value = unscaled(entry, scaling, feature);
      sums.features[feature].add(value);
      if (value < least_logarithm || value > most_logarithm) sums.are_logarithms = false;
    }
  return sums;
}

}  // namespace

void write_inputs(const Context& context, const std::filesystem::path& path) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  TableWriter table({"modality", "feature"}, {"n_cells", "mean", "sd", "mean_expm1", "mean_exp2m1"});
  for (std::size_t m = 0; m < context.data.modalities.size(); ++m) {
    const auto& modality = context.data.modalities[m];
    const ModalitySums sums = sums_of(modality, context.data.scaling.at(m));
    for (std::size_t feature = 0; feature < sums.features.size(); ++feature) {
      const FeatureSums& own = sums.features[feature];
      const double unit = sums.are_logarithms ? 1 / own.moments.n : nan;
      table.add_row({modality.name, modality.features[feature]},
                    {std::to_string(static_cast<std::int64_t>(own.moments.n)), field_text(own.moments.mean),
                     field_text(own.moments.population_sd()), field_text(own.powers_of_e * unit),
                     field_text(own.powers_of_2 * unit)});
    }
  }
  table.write(path);
}

}  // namespace cplae::reduce
