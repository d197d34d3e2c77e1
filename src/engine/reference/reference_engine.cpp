#include "engine/reference/reference_engine.hpp"

#include <cstring>
#include <limits>
#include <numeric>

#include "cplae/study/feature_counts.hpp"
#include "engine/reference/adam.hpp"
#include "engine/reference/autoencoder.hpp"
#include "engine/reference/batches.hpp"
#include "engine/reference/draws.hpp"
#include "engine/reference/losses.hpp"
#include "engine/sampling.hpp"

namespace cplae::engine {

namespace {

torch::Device torch_device(const model::Device& device) {
  if (device.kind == model::DeviceKind::cpu) return torch::kCPU;
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(device.index)};
}

std::vector<float> to_host(const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.detach().to(torch::kCPU).contiguous();
  return {host.data_ptr<float>(), host.data_ptr<float>() + host.numel()};
}

void from_host(const std::vector<float>& values, const torch::Tensor& target) {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor host = torch::empty({static_cast<std::int64_t>(values.size())});
  std::memcpy(host.data_ptr<float>(), values.data(), values.size() * sizeof(float));
  target.copy_(host);
}

/// total, reconstruction of each modality, coupling of each pair
torch::Tensor term_vector(const LossTerms& terms) {
  std::vector<torch::Tensor> all{terms.total};
  all.insert(all.end(), terms.reconstruction.begin(), terms.reconstruction.end());
  all.insert(all.end(), terms.coupling.begin(), terms.coupling.end());
  return torch::stack(all).detach().to(torch::kFloat64);
}

std::vector<double> to_doubles(const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.to(torch::kCPU);
  return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

/// 1 at weights, 0 at biases, [parameters]
torch::Tensor decaying(const model::Layout& layout, torch::Device device) {
  torch::Tensor decays = torch::zeros({static_cast<std::int64_t>(layout.parameter_floats)});
  for (const auto& slot : layout.parameters)
    if (slot.is_weight())
      decays.narrow(0, static_cast<std::int64_t>(slot.offset), slot.rows * slot.columns).fill_(1.0);
  return decays.to(device);
}

class ReferenceEngine final : public Engine {
public:
  ReferenceEngine(const Subject& subject, const model::Device& device)
      : subject_(subject),
        device_(torch_device(device)),
        layout_(model::make_layout(subject.spec, feature_counts(subject.spec, subject.data))),
        network_(subject.spec, layout_, make_buffers(layout_, device_)),
        adam_(network_.buffers().parameters, network_.buffers().gradients, decaying(layout_, device_),
              rate_rules(subject.spec.training)),
        cells_(subject.data, subject.spec.modalities.size(), device_),
        training_cells_(engine::training_cells(subject.data, subject.split)),
        held_out_(cells_.batch(cells_of(subject.split, false))),
        draws_(subject.spec, subject.data, training_cells_, subject.key, device_) {
    ReferenceEngine::load(0, initial_state(subject));
  }

  [[nodiscard]] std::size_t networks() const override { return 1; }

  void load(std::size_t, const State& state) override {
    set_weights(state.weights);
    from_host(state.first_moment, adam_.first_moment());
    from_host(state.second_moment, adam_.second_moment());
    term_sums_ = torch::tensor(state.term_sums, torch::kFloat64).to(device_);
  }

  [[nodiscard]] State save(std::size_t network) override {
    return {weights(network), to_host(adam_.first_moment()), to_host(adam_.second_moment()),
            to_doubles(term_sums_)};
  }

  [[nodiscard]] model::Weights weights(std::size_t) override {
    return {to_host(network_.buffers().parameters), to_host(network_.buffers().moving)};
  }

  void advance(std::int64_t from, std::int64_t to) override {
    for (std::int64_t number = from + 1; number <= to; ++number)
      step(number);
  }

  [[nodiscard]] std::vector<std::vector<double>> take_term_sums() override {
    const auto sums = to_doubles(term_sums_);
    term_sums_.zero_();
    return {sums};
  }

  [[nodiscard]] std::vector<std::vector<double>> validate() override {
    return {to_doubles(term_vector(validation_loss(network_, held_out_)))};
  }

  [[nodiscard]] std::vector<MatrixF> latents(std::size_t network, const model::Weights& with) override {
    const torch::NoGradGuard no_gradient;
    const model::Weights now = weights(network);
    set_weights(with);
    std::vector<std::int64_t> everyone(subject_.split.size());
    std::iota(everyone.begin(), everyone.end(), std::int64_t{0});
    std::vector<MatrixF> all;
    for (std::size_t m = 0; m < cells_.modalities(); ++m)
      all.push_back(latents_of(m, everyone));
    set_weights(now);
    return all;
  }

private:
  void set_weights(const model::Weights& weights) {
    from_host(weights.parameters, network_.buffers().parameters);
    from_host(weights.moving, network_.buffers().moving);
  }

  void step(std::int64_t number) {
    std::vector<std::int64_t> drawn(static_cast<std::size_t>(subject_.spec.training.batch));
    draw_batch(training_cells_, subject_.key, number, drawn);
    const Batch batch = cells_.batch(drawn);
    const LossTerms terms = training_loss(network_, subject_.spec, batch, draws_.draw(batch, number));
    network_.buffers().gradients.zero_();
    // A batch may hold too few cells of every modality: then there is nothing to learn from it.
    if (terms.total.requires_grad()) terms.total.backward();
    adam_.update(number);
    term_sums_.add_(term_vector(terms));
  }

  MatrixF latents_of(std::size_t m, const std::vector<std::int64_t>& everyone) {
    MatrixF latents =
        MatrixF::Constant(static_cast<Eigen::Index>(everyone.size()), subject_.spec.training.latent_dim,
                          std::numeric_limits<float>::quiet_NaN());
    const BatchPart part = cells_.part(m, everyone);
    const auto values = to_host(network_.encoder(m).forward(part.values, /*training=*/false));
    const Eigen::Map<const MatrixF> rows(values.data(), static_cast<Eigen::Index>(part.slots.size()),
                                         latents.cols());
    for (Eigen::Index row = 0; row < rows.rows(); ++row)
      latents.row(part.slots[static_cast<std::size_t>(row)]) = rows.row(row);
    return latents;
  }

  Subject subject_;
  torch::Device device_;
  model::Layout layout_;
  CoupledAutoencoder network_;
  Adam adam_;
  Cells cells_;
  std::vector<std::int64_t> training_cells_;
  Batch held_out_;
  DrawMaker draws_;
  torch::Tensor term_sums_;  ///< [terms] float64 on the device
};

}  // namespace

std::unique_ptr<Engine> make_reference_engine(const Subject& subject, const model::Device& device) {
  return std::make_unique<ReferenceEngine>(subject, device);
}

}  // namespace cplae::engine
