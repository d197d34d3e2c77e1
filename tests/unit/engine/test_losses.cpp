// Losses where the authors' program has no numbers: partial pairing, other scalings, degenerate batches.
// Closed forms and finite differences.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cplae/model/predictor.hpp"
#include "engine/reference/losses.hpp"

namespace cplae {
namespace {

torch::Tensor wave(std::int64_t rows, std::int64_t columns, double shift) {
  return (torch::arange(rows * columns, torch::kFloat32) * 0.37 + shift).sin().view({rows, columns});
}

std::vector<std::int64_t> counted(std::int64_t n) {
  std::vector<std::int64_t> slots(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < slots.size(); ++i)
    slots[i] = static_cast<std::int64_t>(i);
  return slots;
}

TEST(CouplingDivisor, IsTheLeastEigenvalueOfTheCovariance) {
  const torch::Tensor z = wave(50, 3, 0.1);
  const torch::Tensor centred = z - z.mean(0);
  const torch::Tensor covariance = centred.t().matmul(centred) / 49;
  const double least = torch::linalg_eigvalsh(covariance).min().item<double>();
  const auto f = engine::coupling_divisor(study::CouplingScale::min_singular_value, z, 10 * z);
  // Two float32 decompositions of a well-conditioned 3 x 3 problem: a few units in the last place of the
  // largest eigenvalue.
  EXPECT_NEAR(f.item<double>(), std::max(least, 1e-2), 1e-5);
}

TEST(CouplingDivisor, CollapsedAndNonFiniteLatentsGiveTheLeastDivisor) {
  const torch::Tensor collapsed = torch::ones({20, 3});
  const torch::Tensor line = torch::arange(20, torch::kFloat32).view({20, 1}).matmul(torch::ones({1, 3}));
  torch::Tensor poisoned = wave(20, 3, 0);
  poisoned[3][1] = std::numeric_limits<float>::quiet_NaN();
  for (const auto& z : {collapsed, line, poisoned})
    EXPECT_FLOAT_EQ(
        engine::coupling_divisor(study::CouplingScale::min_singular_value, z, wave(20, 3, 1)).item<float>(),
        1e-2F);
}

TEST(CouplingDivisor, PerDimensionNormAndNone) {
  const torch::Tensor z = wave(40, 2, 0.3);
  const torch::Tensor variance = z.var(0, /*unbiased=*/true);
  const auto per_dimension = engine::coupling_divisor(study::CouplingScale::per_dimension, z, 2 * z);
  EXPECT_TRUE(torch::allclose(per_dimension, variance));
  const auto norm = engine::coupling_divisor(study::CouplingScale::norm, z, 2 * z);
  EXPECT_NEAR(norm.item<double>(), variance.sum().item<double>(), 1e-5);
  EXPECT_EQ(engine::coupling_divisor(study::CouplingScale::none, z, z).item<float>(), 1.0F);
}

TEST(PairIndex, CountsPairsInOrder) {
  std::size_t expected = 0;
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = i + 1; j < 6; ++j)
      EXPECT_EQ(engine::pair_index(6, i, j), expected++);
}

class PartialPairing : public testing::Test {
protected:
  static study::NetworkSpec make_spec() {
    study::NetworkSpec spec;
    spec.modalities = {{.name = "A", .hidden = {6}}, {.name = "B", .hidden = {5}, .alpha = 0.5}};
    spec.training.latent_dim = 2;
    return spec;
  }
  PartialPairing() {
    layout_ = model::make_layout(spec_, {4, 3});
    network_ = std::make_unique<engine::CoupledAutoencoder>(spec_, layout_,
                                                            engine::make_buffers(layout_, torch::kCPU));
    network_->buffers().parameters.copy_(
        wave(1, static_cast<std::int64_t>(layout_.parameter_floats), 0.2).flatten() * 0.5);
    draws_ = {{{}, {}}, {{}, {}}, {{{}, {}}, {{}, {}}}};
  }
  /// A batch of 12 in which the first `without_b` cells lack B.
  engine::Batch batch(std::int64_t without_b) const {
    const std::int64_t both = 12 - without_b;
    std::vector<std::int64_t> b_slots;
    for (std::int64_t slot = without_b; slot < 12; ++slot)
      b_slots.push_back(slot);
    engine::Batch batch;
    batch.parts = {{wave(12, 4, 0), {}, counted(12)},
                   {wave(12, 3, 2).narrow(0, without_b, both), {}, b_slots}};
    batch.shared = {{static_cast<std::size_t>(both), without_b == 0, {}, {}, b_slots}};
    if (without_b > 0) {
      batch.shared[0].first = torch::arange(without_b, 12, torch::kInt64);
      batch.shared[0].second = torch::arange(both, torch::kInt64);
    }
    return batch;
  }
  /// Largest entry of the gradient of A's first layer where only B's reconstruction counts.
  double encoder_gradient_of_the_other_decoder() {
    spec_.modalities[0].alpha = 0;
    spec_.coupling.lambda = 1e-30;
    auto terms = engine::training_loss(*network_, spec_, batch(0), draws_);
    network_->buffers().gradients.zero_();
    terms.total.backward();
    const auto& slot = layout_.slot("encoder_A/fc0/weight");
    const auto gradient = network_->buffers().gradients.narrow(0, static_cast<std::int64_t>(slot.offset),
                                                               slot.rows * slot.columns);
    return gradient.abs().max().item<double>();
  }
  /// The loss along its gradient, against the gradient's length.
  void expect_slope_of_difference() {
    auto& buffers = network_->buffers();
    auto terms = engine::training_loss(*network_, spec_, batch(4), draws_);
    buffers.gradients.zero_();
    terms.total.backward();
    const torch::Tensor direction = buffers.gradients / buffers.gradients.norm();
    const double slope = (buffers.gradients * direction).sum().item<double>();
    const auto loss_at = [&](double step) {
      const torch::NoGradGuard no_gradient;
      const torch::Tensor saved = buffers.parameters.clone();
      buffers.parameters.add_(direction, step);
      const double loss = engine::training_loss(*network_, spec_, batch(4), draws_).total.item<double>();
      buffers.parameters.copy_(saved);
      return loss;
    };
    // Central difference: float32 rounding 6e-8 L / 2e-3 and curvature h^2 balance near h = 1e-3; 2 % covers
    // both.
    EXPECT_NEAR((loss_at(1e-3) - loss_at(-1e-3)) / 2e-3, slope, 0.02 * std::abs(slope) + 1e-3);
  }
  study::NetworkSpec spec_ = make_spec();
  model::Layout layout_;
  std::unique_ptr<engine::CoupledAutoencoder> network_;
  engine::Draws draws_;
};

TEST_F(PartialPairing, TermsAreThoseOfTheCellsThatHaveThem) {
  const auto terms = engine::training_loss(*network_, spec_, batch(4), draws_);
  // Every term written out again, directly from the equations.
  const torch::Tensor a = wave(12, 4, 0);
  const torch::Tensor b = wave(12, 3, 2).narrow(0, 4, 8);
  const torch::Tensor za = network_->encoder(0).forward(a, true);
  const torch::Tensor zb = network_->encoder(1).forward(b, true);
  const torch::Tensor shared_a = za.narrow(0, 4, 8);
  const auto mse = [](const torch::Tensor& x, const torch::Tensor& y) {
    return (x - y).square().mean().item<double>();
  };
  const double own_a = mse(a, network_->decoder(0).forward(za, {}));
  const double own_b = mse(b, network_->decoder(1).forward(zb, {}));
  const double cross_a = mse(a.narrow(0, 4, 8), network_->decoder(0).forward(zb, {}));
  const double cross_b = mse(b, network_->decoder(1).forward(shared_a, {}));
  const auto f = engine::coupling_divisor(spec_.coupling.scale, shared_a, zb);
  const double coupling = ((shared_a - zb).square().sum(1) / f).mean().item<double>();
  // float32, a dozen terms: 1e-5 relative.
  EXPECT_NEAR(terms.reconstruction[0].item<double>(), own_a, 1e-5 * own_a);
  EXPECT_NEAR(terms.coupling[0].item<double>(), coupling, 1e-5 * coupling);
  const double total = own_a + cross_a + 0.5 * (own_b + cross_b) + coupling;
  EXPECT_NEAR(terms.total.item<double>(), total, 1e-5 * total);
}

MatrixF to_matrix(const torch::Tensor& tensor) {
  const torch::Tensor rows = tensor.detach().contiguous();
  return Eigen::Map<const MatrixF>(rows.data_ptr<float>(), rows.size(0), rows.size(1));
}

std::vector<float> to_floats(const torch::Tensor& tensor) {
  return {tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel()};
}

// A few products of a few terms in single precision.
TEST_F(PartialPairing, ThePredictorIsTheModelInInference) {
  auto& buffers = network_->buffers();
  buffers.moving.add_(0.3);
  const model::Predictor predictor(spec_, {4, 3}, {to_floats(buffers.parameters), to_floats(buffers.moving)});
  const auto cells = batch(0);
  for (std::size_t m = 0; m < 2; ++m) {
    const ModalityIndex modality(static_cast<std::int64_t>(m));
    const torch::Tensor latents = network_->encoder(m).forward(cells.parts[m].values, false);
    MatrixF seen = to_matrix(cells.parts[m].values);
    EXPECT_TRUE(predictor.encode(modality, seen).isApprox(to_matrix(latents), 1e-5F));
    const MatrixF decoded = to_matrix(network_->decoder(m).forward(latents, {}));
    EXPECT_TRUE(predictor.decode(modality, to_matrix(latents)).isApprox(decoded, 1e-5F));
    const MatrixF zeroed = (seen.col(1).setZero(), predictor.encode(modality, seen));
    seen.col(1).setConstant(std::numeric_limits<float>::quiet_NaN());
    EXPECT_EQ(predictor.encode(modality, seen), zeroed) << "what is missing counts as 0";
  }
}

TEST_F(PartialPairing, TooFewSharedCellsLeaveTheCouplingOut) {
  // latent_dim + 1 = 3 shared cells cannot span a covariance worth dividing by; four can.
  EXPECT_EQ(engine::training_loss(*network_, spec_, batch(9), draws_).coupling[0].item<double>(), 0.0);
  EXPECT_GT(engine::training_loss(*network_, spec_, batch(8), draws_).coupling[0].item<double>(), 0.0);
}

TEST_F(PartialPairing, ModalityOfOneCellIsLeftOutAndItsStatisticsStand) {
  const torch::Tensor before = network_->buffers().moving.clone();
  const auto terms = engine::training_loss(*network_, spec_, batch(11), draws_);
  EXPECT_EQ(terms.reconstruction[1].item<double>(), 0.0);
  const auto& slot = layout_.slot("encoder_B/batch_norm/moving_mean");
  const auto at = static_cast<std::int64_t>(slot.offset);
  EXPECT_TRUE(torch::equal(before.narrow(0, at, 2), network_->buffers().moving.narrow(0, at, 2)));
}

TEST_F(PartialPairing, AugmentationDoesNotReachTheEncoderThatFedIt) {
  EXPECT_LT(encoder_gradient_of_the_other_decoder(), 1e-20);
}

TEST_F(PartialPairing, AugmentedEncodersLearnFromTheOtherDecoder) {
  spec_.coupling.augment_encoders = true;
  EXPECT_GT(encoder_gradient_of_the_other_decoder(), 1e-6);
}

TEST_F(PartialPairing, GradientMatchesFiniteDifferencesWithAugmentedEncoders) {
  spec_.coupling.augment_encoders = true;
  expect_slope_of_difference();
}

TEST_F(PartialPairing, GradientMatchesFiniteDifferences) {
  // Without augmentation, whose detached latents a difference cannot see.
  spec_.coupling.augment_decoders = false;
  expect_slope_of_difference();
}

}  // namespace
}  // namespace cplae
