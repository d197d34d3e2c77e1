// The fused engine's loss and gradient against the same model in double precision, by autograd.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/fused/fused_engine.hpp"
#include "engine/reference/batches.hpp"
#include "engine/reference/draws.hpp"
#include "engine/reference/losses.hpp"
#include "engine/sampling.hpp"
#include "kernels_sixteen.hpp"
#include "network_cases.hpp"

namespace cplae {
namespace {

torch::Tensor in_double(const torch::Tensor& tensor) {
  return tensor.defined() ? tensor.to(torch::kFloat64) : tensor;
}

torch::Tensor in_double(const std::vector<float>& values) {
  return torch::tensor(values).to(torch::kFloat64);
}

void widen(engine::Batch& batch) {
  for (auto& part : batch.parts) {
    part.values = in_double(part.values);
    part.observed = in_double(part.observed);
  }
}

void widen(std::vector<torch::Tensor>& tensors) {
  for (auto& tensor : tensors)
    tensor = in_double(tensor);
}

void widen(engine::Draws& draws) {
  widen(draws.input_noise);
  widen(draws.input_keep);
  for (auto& sources : draws.decoder_keep)
    widen(sources);
}

struct Exact {
  std::vector<double> gradient;  ///< [parameter floats]
  double loss = 0;
};

class DoublePrecision : public NetworkCase {
protected:
  /// What one step computes at `state`, with the batch and the draws of step `number`.
  Exact exact(const engine::State& state, std::int64_t number) {
    const auto training = engine::training_cells(data_, split_);
    std::vector<std::int64_t> drawn(static_cast<std::size_t>(subject_.spec.training.batch));
    engine::draw_batch(training, subject_.key, number, drawn);
    engine::Batch batch = engine::Cells(data_, data_.modalities.size(), torch::kCPU).batch(drawn);
    engine::Draws draws =
        engine::DrawMaker(subject_.spec, data_, training, subject_.key, torch::kCPU).draw(batch, number);
    widen(batch);
    widen(draws);
    const torch::Tensor parameters = in_double(state.weights.parameters);
    engine::CoupledAutoencoder network(
        subject_.spec, layout_, {parameters, torch::zeros_like(parameters), in_double(state.weights.moving)});
    const auto terms = engine::training_loss(network, subject_.spec, batch, draws);
    if (terms.total.requires_grad()) terms.total.backward();
    const auto& gradients = network.buffers().gradients;
    const auto* first = gradients.data_ptr<double>();
    return {{first, first + gradients.numel()}, terms.total.item<double>()};
  }

  /// Of each layer: |found - expected| <= 1e-5 |expected|, norms over its weight and its bias. Of the bias
  /// before batch norm, and of two cells, which it makes 1 and -1 whatever they are, the gradient is nothing
  /// but rounding, of the size of the whole network's.
  void expect_gradient(const std::vector<float>& first_moment, const std::vector<double>& expected) {
    double overall = 0;
    for (const double value : expected)
      overall = std::max(overall, std::abs(value));
    for (std::size_t s = 0; s + 1 < layout_.parameters.size(); s += 2) {
      double off = 0;
      double size = 0;
      for (const auto& slot : {layout_.parameters[s], layout_.parameters[s + 1]})
        for (std::size_t i = slot.offset;
             i < slot.offset + static_cast<std::size_t>(slot.rows * slot.columns); ++i) {
          off += std::pow(10.0 * static_cast<double>(first_moment[i]) - expected[i], 2);
          size += expected[i] * expected[i];
        }
      EXPECT_LE(std::sqrt(off), 1e-5 * std::sqrt(size) + 1e-7 * overall) << layout_.parameters[s].name;
    }
  }
};

// From zero moments Adam's first moment after a step is a tenth of the gradient. The engine's numbers are
// float32: sums of a few hundred products are off by sqrt(n) 6e-8, some 1e-6, relative to their terms. The
// loss is the mean of thousands.
TEST_P(DoublePrecision, LossAndGradientOfAStep) {
  const auto state = random_state(subject_.spec, data_);
  for (const auto* kernels : {&engine::fused::best_kernels(), &engine::fused::kernels_baseline(),
                              &engine::fused::kernels_sixteen()})
    for (const std::int64_t step : {1, 17, 3'000'000}) {
      SCOPED_TRACE(std::string(kernels->instructions) + ", step " + std::to_string(step));
      const auto engine = engine::make_fused_engine(subject_, *kernels);
      engine->load(0, state);
      engine->advance(step - 1, step);
      const auto found = engine->save(0);
      const Exact expected = exact(state, step);
      expect_gradient(found.first_moment, expected.gradient);
      EXPECT_NEAR(found.term_sums.front(), expected.loss, 1e-6 * std::abs(expected.loss));
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, DoublePrecision, testing::ValuesIn(network_cases()),
                         [](const auto& which) { return which.param.name; });

}  // namespace
}  // namespace cplae
