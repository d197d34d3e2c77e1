// Rates, weight decay and the start of outputs, in the engines that train one network.
#include <gtest/gtest.h>

#include "cplae/engine/engine.hpp"
#include "rates.hpp"

namespace cplae {
namespace {

TEST(Rates, StepsAreOfTheSizeThatTheStudySays) {
  for (const auto kind : {engine::Kind::reference, engine::Kind::fused})
    for (const double weight_decay : {0.0, 0.5})
      test::expect_rates(
          [&](const engine::Subject& subject) { return engine::make_engine(kind, {subject}, {}); },
          weight_decay);
}

/// Means by hand, over training cells that have the entry.
double mean_of(const data::Modality& modality, const data::Split& split, Eigen::Index feature) {
  double sum = 0;
  double count = 0;
  for (std::size_t cell = 0; cell < split.size(); ++cell) {
    const double value = modality.values(static_cast<Eigen::Index>(cell), feature);
    if (split[cell] != data::Role::train || std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return sum / count;
}

TEST(InitialState, OutputsStartFromZeroOrFromTheMeansOfTrainingCells) {
  study::StudyData data = test::make_data({.partial = true, .missing = true});
  data.modalities[0].values.col(3).array() -= 5;  // below what a relu makes
  const data::Split split = test::make_split(90, 5, 0);
  study::NetworkSpec spec = test::make_spec(2);
  const model::Layout layout = model::make_layout(spec, {12, 7});
  const engine::Subject subject{spec, data, split, make_key(6, "start")};
  const auto from_zero = engine::initial_state(subject).weights.parameters;
  for (auto& modality : spec.modalities)
    modality.output_bias = study::OutputBias::mean;
  auto from_means = engine::initial_state(subject).weights.parameters;
  for (std::size_t m = 0; m < 2; ++m) {
    const auto& slot = layout.slot("decoder_" + spec.modalities[m].name + "/Xout/bias");
    for (std::int64_t f = 0; f < slot.columns; ++f) {
      const std::size_t at = slot.offset + static_cast<std::size_t>(f);
      EXPECT_EQ(from_zero[at], 0.0F);
      const double mean = mean_of(data.modalities[m], split, f);
      EXPECT_NEAR(from_means[at], m == 0 && f == 3 ? 0.0 : mean, 1e-6)
          << "modality " << m << ", feature " << f;
      from_means[at] = 0;
    }
  }
  EXPECT_EQ(from_means, from_zero) << "nothing else differs";
}

}  // namespace
}  // namespace cplae
