// The random numbers of training: frozen, because every result depends on them; right in distribution;
// independent of which cells lack a modality.
#include <gtest/gtest.h>

#include <cmath>

#include "cplae/engine/initial_weights.hpp"
#include "engine/reference/batches.hpp"
#include "engine/reference/draws.hpp"
#include "engine/sampling.hpp"

namespace cplae {
namespace {

study::StudyData make_data(bool lack) {
  study::StudyData data;
  for (const std::string name : {"T", "E"}) {
    data::Modality modality{name, {}, MatrixF::Random(50, 30), std::vector<std::uint8_t>(50, 1)};
    if (lack && name == "E") {
      modality.present[0] = 0;
      modality.values.row(0).setConstant(std::nanf(""));
    }
    data.modalities.push_back(std::move(modality));
  }
  return data;
}

study::NetworkSpec make_spec() {
  study::NetworkSpec spec;
  spec.modalities = {{.name = "T", .hidden = {20}, .dropout = 0.5},
                     {.name = "E", .hidden = {20}, .dropout = 0.25, .noise_sd = 1, .decoder_dropout = 0.1}};
  spec.training.batch = 200;
  return spec;
}

TEST(Draws, KeepTheRightShareAndTheMean) {
  const auto spec = make_spec();
  const auto data = make_data(false);
  const auto everyone = engine::cells_of(data::Split(50, data::Role::train), true);
  const NetworkKey key = make_key(3, "draws");
  const engine::Cells on_device(data, data.modalities.size(), torch::kCPU);
  std::vector<std::int64_t> drawn(200);
  engine::draw_batch(everyone, key, 1, drawn);
  const auto batch = on_device.batch(drawn);
  const engine::DrawMaker maker(spec, data, everyone, key, torch::kCPU);
  const auto draws = maker.draw(batch, 1);
  // 6,000 Bernoulli entries: SD of the mean of keep is sqrt(p / (1 - p) / 6000) <= 0.013; five of them.
  EXPECT_NEAR(draws.input_keep[0].mean().item<double>(), 1.0, 0.065);
  EXPECT_NEAR((draws.input_keep[0] == 0).to(torch::kFloat32).mean().item<double>(), 0.5, 0.033);
  EXPECT_NEAR((draws.input_keep[1] == 0).to(torch::kFloat32).mean().item<double>(), 0.25, 0.028);
  EXPECT_FALSE(draws.input_noise[0].defined());
  EXPECT_NEAR(draws.input_noise[1].mean().item<double>(), 0.0, 0.03);
  // Own latents and those of the other modality meet different masks of one decoder.
  EXPECT_FALSE(torch::equal(draws.decoder_keep[1][1], draws.decoder_keep[1][0]));
  EXPECT_FALSE(torch::equal(draws.input_keep[0], maker.draw(batch, 2).input_keep[0]));
}

TEST(Draws, ACellsMaskDoesNotDependOnWhoElseIsPresent) {
  const auto spec = make_spec();
  const NetworkKey key = make_key(3, "draws");
  std::vector<std::int64_t> cells{7, 0, 9, 0, 21};
  cells.resize(200, 5);
  const auto draw = [&](bool lack) {
    const auto data = make_data(lack);
    const engine::Cells on_device(data, data.modalities.size(), torch::kCPU);
    return engine::DrawMaker(spec, data, cells, key, torch::kCPU).draw(on_device.batch(cells), 11);
  };
  const auto full = draw(false).input_keep[1];
  const auto partial = draw(true).input_keep[1];
  ASSERT_EQ(partial.size(0), 198);
  EXPECT_TRUE(torch::equal(partial[0], full[0]));
  EXPECT_TRUE(torch::equal(partial[1], full[2]));
  EXPECT_TRUE(torch::equal(partial[2], full[4]));
}

TEST(InitialWeights, GlorotUniformWithinItsLimits) {
  study::NetworkSpec spec = make_spec();
  const auto layout = model::make_layout(spec, {30, 30});
  const auto values = engine::initial_weights(layout, make_key(1, "init"));
  const auto& slot = layout.slot("encoder_T/fc0/weight");
  const double limit = std::sqrt(6.0 / 50.0);
  double squares = 0;
  for (std::size_t i = 0; i < 600; ++i) {
    EXPECT_LE(std::abs(values[slot.offset + i]), limit);
    squares += static_cast<double>(values[slot.offset + i]) * static_cast<double>(values[slot.offset + i]);
  }
  // Variance of a uniform is limit^2 / 3; its estimate from 600 values has a relative SD of sqrt(0.8 / 600)
  // = 3.7 %.
  EXPECT_NEAR(squares / 600 / (limit * limit / 3), 1.0, 0.19);
  const auto& bias = layout.slot("encoder_T/fc0/bias");
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(values[bias.offset + i], 0.0F);
  for (const auto& each : layout.parameters)
    EXPECT_EQ(each.offset % 16, 0U);
}

}  // namespace
}  // namespace cplae
