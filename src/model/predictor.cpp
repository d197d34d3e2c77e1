#include "cplae/model/predictor.hpp"

#include <cstring>

#include "cplae/core/error.hpp"
#include "model/autoencoder.hpp"

namespace cplae::model {

namespace {

torch::Tensor to_tensor(const MatrixF& matrix) {
  torch::Tensor tensor = torch::empty({matrix.rows(), matrix.cols()});
  std::memcpy(tensor.data_ptr<float>(), matrix.data(),
              static_cast<std::size_t>(matrix.size()) * sizeof(float));
  return tensor;
}

MatrixF to_matrix(const torch::Tensor& tensor) {
  const torch::Tensor rows = tensor.contiguous();
  return Eigen::Map<const MatrixF>(rows.data_ptr<float>(), rows.size(0), rows.size(1));
}

void copy_into(const torch::Tensor& flat, const std::vector<float>& values, const char* what) {
  if (flat.numel() != static_cast<std::int64_t>(values.size()))
    throw Error(std::string("weights of a network: found ") + std::to_string(values.size()) + " " + what +
                ", expected " + std::to_string(flat.numel()));
  std::memcpy(flat.data_ptr<float>(), values.data(), values.size() * sizeof(float));
}

Buffers loaded_buffers(const Layout& layout, const Weights& weights) {
  Buffers buffers = make_buffers(layout, torch::kCPU);
  copy_into(buffers.parameters, weights.parameters, "parameters");
  copy_into(buffers.moving, weights.moving, "moving statistics");
  return buffers;
}

}  // namespace

struct Predictor::Impl {
  CoupledAutoencoder network;
};

Predictor::Predictor(const study::NetworkSpec& spec, const std::vector<std::int64_t>& features,
                     const Weights& weights) {
  const Layout layout = make_layout(spec, features);
  impl_ = std::make_unique<Impl>(Impl{CoupledAutoencoder(spec, layout, loaded_buffers(layout, weights))});
}

Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;

MatrixF Predictor::encode(ModalityIndex modality, const MatrixF& values) const {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor input = to_tensor(values).nan_to_num_(0.0);
  return to_matrix(impl_->network.encoder(modality.index()).forward(input, /*training=*/false));
}

MatrixF Predictor::decode(ModalityIndex modality, const MatrixF& latents) const {
  const torch::NoGradGuard no_gradient;
  return to_matrix(impl_->network.decoder(modality.index()).forward(to_tensor(latents), torch::Tensor()));
}

}  // namespace cplae::model
