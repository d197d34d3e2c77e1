#pragma once
// The model as torch modules, for the reference trainer.
#include <torch/nn/module.h>
#include <torch/types.h>

#include <memory>
#include <vector>

#include "cplae/model/layout.hpp"
#include "cplae/study/study.hpp"

namespace cplae::engine {

/// The buffers that all tensors of a network are views of, on one device, float32.
struct Buffers {
  torch::Tensor parameters;  ///< [parameter_floats]
  torch::Tensor gradients;   ///< [parameter_floats]; autograd adds into it: zero it before each backward pass
  torch::Tensor moving;      ///< [moving_floats]
};

/// Zeroed parameters and gradients; moving means 0, moving variances 1.
[[nodiscard]] Buffers make_buffers(const model::Layout& layout, torch::Device device);

/// weight and bias of one dense layer, leaves of autograd that alias Buffers.
struct Dense {
  torch::Tensor weight;  ///< [in x out]
  torch::Tensor bias;    ///< [out]
  [[nodiscard]] torch::Tensor operator()(const torch::Tensor& input) const;
};

/// Batch norm without scale and centre: Keras' semantics, eps 1e-10, moving = 0.05 moving + 0.95 batch,
/// biased variance.
class BatchNorm {
public:
  BatchNorm(torch::Tensor moving_mean, torch::Tensor moving_variance);
  /// Training: statistics of the batch's rows, and the moving ones follow.
  [[nodiscard]] torch::Tensor train(const torch::Tensor& input);
  [[nodiscard]] torch::Tensor infer(const torch::Tensor& input) const;

private:
  torch::Tensor moving_mean_;
  torch::Tensor moving_variance_;
};

class Encoder : public torch::nn::Module {
public:
  Encoder(std::vector<Dense> layers, BatchNorm norm);
  /// [cells x features] (dropout and noise already applied) -> [cells x latent]
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& input, bool training);

private:
  std::vector<Dense> layers_;
  BatchNorm norm_;
};

class Decoder : public torch::nn::Module {
public:
  Decoder(std::vector<Dense> layers, study::Output output);
  /// [cells x latent] -> [cells x features]; `keep` [cells x last hidden] multiplies the last hidden layer
  /// where it is defined (dropout).
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& latent, const torch::Tensor& keep);

private:
  std::vector<Dense> layers_;
  study::Output output_;
};

/// The coupled autoencoder: an encoder and a decoder for each modality, over one pair of flat buffers.
class CoupledAutoencoder : public torch::nn::Module {
public:
  CoupledAutoencoder(const study::NetworkSpec& spec, const model::Layout& layout, Buffers buffers);

  [[nodiscard]] std::size_t modalities() const { return encoders_.size(); }
  [[nodiscard]] Encoder& encoder(std::size_t modality) { return *encoders_[modality]; }
  [[nodiscard]] Decoder& decoder(std::size_t modality) { return *decoders_[modality]; }
  [[nodiscard]] Buffers& buffers() { return buffers_; }

private:
  Buffers buffers_;
  std::vector<std::shared_ptr<Encoder>> encoders_;
  std::vector<std::shared_ptr<Decoder>> decoders_;
};

}  // namespace cplae::engine
