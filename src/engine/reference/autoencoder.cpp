#include "engine/reference/autoencoder.hpp"

#include <utility>

namespace cplae::engine {

namespace {

constexpr double moving_momentum = 0.05;

torch::Tensor view_of(const torch::Tensor& flat, const model::TensorSlot& slot) {
  return flat.narrow(0, static_cast<std::int64_t>(slot.offset), slot.rows * slot.columns);
}

/// A leaf that shares memory with the flat parameters, and whose gradient shares memory with the flat
/// gradients: autograd adds in place.
torch::Tensor leaf(const Buffers& buffers, const model::TensorSlot& slot, at::IntArrayRef shape) {
  torch::Tensor tensor = view_of(buffers.parameters, slot).view(shape).detach();
  tensor.set_requires_grad(true);
  tensor.mutable_grad() = view_of(buffers.gradients, slot).view(shape);
  return tensor;
}

Dense make_dense(const Buffers& buffers, const model::Layout& layout, const std::string& name) {
  const auto& weight = layout.slot(name + "/weight");
  const auto& bias = layout.slot(name + "/bias");
  return {leaf(buffers, weight, {weight.rows, weight.columns}), leaf(buffers, bias, {bias.columns})};
}

std::vector<Dense> make_layers(const Buffers& buffers, const model::Layout& layout, const std::string& part,
                               std::size_t hidden, const std::string& last) {
  std::vector<Dense> layers;
  for (std::size_t i = 0; i < hidden; ++i)
    layers.push_back(make_dense(buffers, layout, part + "/fc" + std::to_string(i)));
  layers.push_back(make_dense(buffers, layout, part + "/" + last));
  return layers;
}

BatchNorm make_norm(const Buffers& buffers, const model::Layout& layout, const std::string& part) {
  return {view_of(buffers.moving, layout.slot(part + "/batch_norm/moving_mean")),
          view_of(buffers.moving, layout.slot(part + "/batch_norm/moving_variance"))};
}

template <class Module>
void register_layers(Module& module, const std::vector<Dense>& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    module.register_parameter("weight" + std::to_string(i), layers[i].weight);
    module.register_parameter("bias" + std::to_string(i), layers[i].bias);
  }
}

}  // namespace

Buffers make_buffers(const model::Layout& layout, torch::Device device) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device);
  Buffers buffers{torch::zeros({static_cast<std::int64_t>(layout.parameter_floats)}, options),
                  torch::zeros({static_cast<std::int64_t>(layout.parameter_floats)}, options),
                  torch::zeros({static_cast<std::int64_t>(layout.moving_floats)}, options)};
  for (const auto& slot : layout.moving)
    if (slot.name.ends_with("moving_variance")) view_of(buffers.moving, slot).fill_(1.0);
  return buffers;
}

torch::Tensor Dense::operator()(const torch::Tensor& input) const {
  return torch::addmm(bias, input, weight);
}

BatchNorm::BatchNorm(torch::Tensor moving_mean, torch::Tensor moving_variance)
    : moving_mean_(std::move(moving_mean)), moving_variance_(std::move(moving_variance)) {}

torch::Tensor BatchNorm::train(const torch::Tensor& input) {
  const torch::Tensor mean = input.mean(0);
  const torch::Tensor centred = input - mean;
  const torch::Tensor variance = centred.square().mean(0);
  {
    const torch::NoGradGuard no_gradient;
    moving_mean_.mul_(moving_momentum).add_(mean, 1.0 - moving_momentum);
    moving_variance_.mul_(moving_momentum).add_(variance, 1.0 - moving_momentum);
  }
  return centred * torch::rsqrt(variance + model::norm_epsilon);
}

torch::Tensor BatchNorm::infer(const torch::Tensor& input) const {
  return (input - moving_mean_) * torch::rsqrt(moving_variance_ + model::norm_epsilon);
}

Encoder::Encoder(std::vector<Dense> layers, BatchNorm norm)
    : layers_(std::move(layers)), norm_(std::move(norm)) {
  register_layers(*this, layers_);
}

torch::Tensor Encoder::forward(const torch::Tensor& input, bool training) {
  torch::Tensor hidden = input;
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i)
    hidden = torch::relu(layers_[i](hidden));
  hidden = layers_.back()(hidden);
  return training ? norm_.train(hidden) : norm_.infer(hidden);
}

Decoder::Decoder(std::vector<Dense> layers, study::Output output)
    : layers_(std::move(layers)), output_(output) {
  register_layers(*this, layers_);
}

torch::Tensor Decoder::forward(const torch::Tensor& latent, const torch::Tensor& keep) {
  torch::Tensor hidden = latent;
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i)
    hidden = torch::relu(layers_[i](hidden));
  if (keep.defined()) hidden = hidden * keep;
  hidden = layers_.back()(hidden);
  return output_ == study::Output::relu ? torch::relu(hidden) : hidden;
}

CoupledAutoencoder::CoupledAutoencoder(const study::NetworkSpec& spec, const model::Layout& layout,
                                       Buffers buffers)
    : buffers_(std::move(buffers)) {
  for (const auto& modality : spec.modalities) {
    const std::string encoder = "encoder_" + modality.name;
    const std::string decoder = "decoder_" + modality.name;
    const std::size_t hidden = modality.hidden.size();
    encoders_.push_back(std::make_shared<Encoder>(
        make_layers(buffers_, layout, encoder, hidden, "fc" + std::to_string(hidden)),
        make_norm(buffers_, layout, encoder)));
    decoders_.push_back(
        std::make_shared<Decoder>(make_layers(buffers_, layout, decoder, hidden, "Xout"), modality.output));
    // A module's name may hold no dot, a modality's may.
    const std::string place = std::to_string(encoders_.size() - 1);
    register_module("encoder_" + place, encoders_.back());
    register_module("decoder_" + place, decoders_.back());
  }
}

}  // namespace cplae::engine
