#include "cplae/model/predictor.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "cplae/core/error.hpp"

namespace cplae::model {

namespace {

using Weight = Eigen::Map<const MatrixF>;
using Row = Eigen::Map<const Eigen::RowVectorXf>;

void require_count(std::size_t found, std::size_t expected, const char* what) {
  if (found != expected)
    throw Error("weights of a network: found " + std::to_string(found) + " " + what + ", expected " +
                std::to_string(expected));
}

}  // namespace

struct Predictor::Impl {
  study::NetworkSpec spec;
  Layout layout;
  Weights weights;

  [[nodiscard]] MatrixF dense(const MatrixF& input, const std::string& name) const {
    const TensorSlot& weight = layout.slot(name + "/weight");
    const TensorSlot& bias = layout.slot(name + "/bias");
    const float* const at = weights.parameters.data();
    MatrixF output = input * Weight(at + weight.offset, weight.rows, weight.columns);
    output.rowwise() += Row(at + bias.offset, bias.columns);
    return output;
  }

  /// Through a part's hidden layers and its last one.
  [[nodiscard]] MatrixF pass(MatrixF values, const std::string& part, std::size_t hidden,
                             const std::string& last) const {
    for (std::size_t i = 0; i < hidden; ++i)
      values = dense(values, part + "/fc" + std::to_string(i)).cwiseMax(0.0F);
    return dense(values, part + "/" + last);
  }

  /// By the moving statistics.
  void normalise(MatrixF& latents, const std::string& part) const {
    const TensorSlot& mean = layout.slot(part + "/batch_norm/moving_mean");
    const TensorSlot& variance = layout.slot(part + "/batch_norm/moving_variance");
    for (Eigen::Index k = 0; k < latents.cols(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      const double scale = 1 / std::sqrt(weights.moving[variance.offset + at] + norm_epsilon);
      latents.col(k) =
          (latents.col(k).array() - weights.moving[mean.offset + at]) * static_cast<float>(scale);
    }
  }
};

Predictor::Predictor(const study::NetworkSpec& spec, const std::vector<std::int64_t>& features,
                     const Weights& weights)
    : impl_(std::make_unique<Impl>(Impl{spec, make_layout(spec, features), weights})) {
  require_count(weights.parameters.size(), impl_->layout.parameter_floats, "parameters");
  require_count(weights.moving.size(), impl_->layout.moving_floats, "moving statistics");
}

Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;

MatrixF Predictor::encode(ModalityIndex modality, const MatrixF& values) const {
  const auto& spec = impl_->spec.modalities.at(modality.index());
  const std::string part = "encoder_" + spec.name;
  const std::size_t hidden = spec.hidden.size();
  MatrixF input = values.unaryExpr([](float value) { return std::isnan(value) ? 0.0F : value; });
  MatrixF latents = impl_->pass(std::move(input), part, hidden, "fc" + std::to_string(hidden));
  impl_->normalise(latents, part);
  return latents;
}

MatrixF Predictor::decode(ModalityIndex modality, const MatrixF& latents) const {
  const auto& spec = impl_->spec.modalities.at(modality.index());
  MatrixF values = impl_->pass(latents, "decoder_" + spec.name, spec.hidden.size(), "Xout");
  return spec.output == study::Output::relu ? MatrixF(values.cwiseMax(0.0F)) : values;
}

}  // namespace cplae::model
