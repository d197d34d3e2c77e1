#include "engine/fused/arm.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace cplae::engine::fused {

namespace {

std::vector<Dense> layers_of(const NetworkParts& parts, const std::string& part, std::size_t count) {
  std::vector<Dense> layers;
  for (std::size_t l = 0; l < count; ++l)
    layers.emplace_back(parts.tiled, parts.buffers, part + "/fc" + std::to_string(l));
  return layers;
}

DecoderLayers decoder_layers(const NetworkParts& parts, const study::ModalitySpec& modality) {
  const std::string name = "decoder_" + modality.name;
  return {layers_of(parts, name, modality.hidden.size()), {parts.tiled, parts.buffers, name + "/Xout"}};
}

MovingStatistics moving_of(const NetworkParts& parts, const std::string& name) {
  const std::string norm = "encoder_" + name + "/batch_norm/";
  return {parts.moving.data() + parts.layout.slot(norm + "moving_mean").offset,
          parts.moving.data() + parts.layout.slot(norm + "moving_variance").offset};
}

/// Cells whose input is made and multiplied while it is in the second-level cache.
constexpr std::size_t strip = 4 * row_block;

std::span<const std::uint32_t> strip_of(const std::vector<std::uint32_t>& slots, std::size_t begin) {
  return std::span(slots).subspan(begin, std::min(strip, slots.size() - begin));
}

std::size_t feeds_of(const study::NetworkSpec& spec) {
  return spec.coupling.augment_decoders && spec.coupling.lambda > 0 ? spec.modalities.size() : 1;
}

}  // namespace

Arm::Arm(const Kernels& kernels, const study::NetworkSpec& spec, std::size_t modality,
         const data::Modality& data, std::vector<float> noise_sd, NetworkParts parts, std::size_t rows)
    : index_(static_cast<std::uint32_t>(modality)),
      input_(kernels, spec.modalities[modality], data, std::move(noise_sd)),
      encoder_(kernels,
               layers_of(parts, "encoder_" + spec.modalities[modality].name,
                         spec.modalities[modality].hidden.size() + 1),
               {.inputs = static_cast<std::size_t>(data.values.cols()), .rows = rows}),
      decoder_(
          kernels, spec.modalities[modality], data, decoder_layers(parts, spec.modalities[modality]),
          {.feeds = feeds_of(spec), .rows = rows, .every_source_learns = spec.coupling.augment_encoders}),
      latents_(rows, static_cast<std::size_t>(spec.training.latent_dim)),
      moving_(moving_of(parts, spec.modalities[modality].name)) {
  const std::string& name = spec.modalities[modality].name;
  for (const auto& slot : parts.layout.parameters)
    if (slot.name.rfind("encoder_" + name + "/", 0) == 0 || slot.name.rfind("decoder_" + name + "/", 0) == 0)
      gradients_.push_back(parts.tiled.slot(parts.buffers.gradients, slot.name));
}

void Arm::encode(const std::vector<std::int64_t>& cells, const std::vector<std::uint32_t>& slots,
                 NetworkKey key, std::int64_t step) {
  latents_.rows = slots.size();
  std::fill(latents_.derivatives.begin(), latents_.derivatives.end(), 0.0);
  if (!latents_.usable()) return;
  for (std::size_t begin = 0; begin < slots.size(); begin += strip) {
    const auto some = strip_of(slots, begin);
    input_.make_training(cells, some, {key, index_, step}, rows_from(encoder_.input(), begin));
    encoder_.forward_first(begin, some.size());
  }
  encoder_.forward_rest(slots.size());
  normalise(encoder_.output(), moving_, latents_);
}

void Arm::finish() {
  if (!latents_.usable()) {
    for (const Tiles& gradient : gradients_)
      std::fill_n(gradient.data, tiled_floats(gradient.rows, gradient.columns), 0.0F);
    return;
  }
  normalise_backward(latents_, encoder_.output_derivative());
  encoder_.backward(latents_.rows, 0);
}

void Arm::infer(const std::vector<std::int64_t>& cells, const std::vector<std::uint32_t>& slots) {
  latents_.rows = slots.size();
  for (std::size_t begin = 0; begin < slots.size(); begin += strip) {
    const auto some = strip_of(slots, begin);
    input_.make(cells, some, rows_from(encoder_.input(), begin));
    encoder_.forward_first(begin, some.size());
  }
  encoder_.forward_rest(slots.size());
  normalise_by(moving_, encoder_.output(), latents_);
}

double Arm::squared_error(const std::vector<std::uint32_t>& slots, const std::vector<std::int64_t>& cells) {
  decoder_.clear();
  decoder_.feed(latents_, nullptr, slots, cells);
  decoder_.evaluate();
  return decoder_.squares(0);
}

}  // namespace cplae::engine::fused
