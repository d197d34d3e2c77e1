#include "engine/reference/draws.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "engine/sampling.hpp"

namespace cplae::engine {

namespace {

std::span<float> values_of(const torch::Tensor& host) {
  return {host.data_ptr<float>(), static_cast<std::size_t>(host.numel())};
}

torch::Tensor noise_tensor(const std::vector<float>& scale) {
  if (scale.empty()) return {};
  torch::Tensor tensor = torch::empty({static_cast<std::int64_t>(scale.size())});
  std::memcpy(tensor.data_ptr<float>(), scale.data(), scale.size() * sizeof(float));
  return tensor;
}

}  // namespace

DrawMaker::DrawMaker(const study::NetworkSpec& spec, const study::StudyData& data,
                     const std::vector<std::int64_t>& training_cells, NetworkKey key, torch::Device device)
    : spec_(spec), key_(key), device_(device) {
  for (std::size_t m = 0; m < spec.modalities.size(); ++m) {
    noise_sd_.push_back(noise_tensor(noise_scale(spec.modalities[m], data.trained(m), training_cells)));
    features_.push_back(data.trained(m).values.cols());
  }
}

torch::Tensor DrawMaker::keep(Purpose purpose, std::uint32_t index, std::int64_t step, std::int64_t width,
                              double rate) const {
  const Dropout dropout(rate);
  if (!dropout.any()) return {};
  torch::Tensor mask = torch::empty({spec_.training.batch, width});
  const auto values = values_of(mask);
  std::vector<std::uint32_t> words((values.size() + 1) / 2);
  RandomStream(key_, {.purpose = purpose, .index = index, .step = static_cast<std::uint64_t>(step)})
      .fill_bits(words);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = dropout.factor(words[i / 2], i);
  return mask;
}

torch::Tensor DrawMaker::noise(std::size_t modality, std::int64_t step) const {
  if (!noise_sd_[modality].defined()) return {};
  const torch::Tensor values = torch::empty({spec_.training.batch, features_[modality]});
  RandomStream(key_, {.purpose = Purpose::input_noise,
                      .index = static_cast<std::uint32_t>(modality),
                      .step = static_cast<std::uint64_t>(step)})
      .fill_normal(values_of(values));
  return values * noise_sd_[modality];
}

torch::Tensor DrawMaker::restrict_to(torch::Tensor full, const std::vector<std::int64_t>& slots) const {
  if (!full.defined()) return full;
  if (static_cast<std::int64_t>(slots.size()) == full.size(0)) return full.to(device_);
  const torch::Tensor rows = torch::empty({static_cast<std::int64_t>(slots.size())}, torch::kInt64);
  std::memcpy(rows.data_ptr<std::int64_t>(), slots.data(), slots.size() * sizeof(std::int64_t));
  return full.index_select(0, rows).to(device_);
}

Draws DrawMaker::draw(const Batch& batch, std::int64_t step) const {
  Draws draws;
  const std::size_t k = spec_.modalities.size();
  const bool augment = spec_.coupling.augment_decoders && spec_.coupling.lambda > 0;
  for (std::size_t m = 0; m < k; ++m) {
    const auto& modality = spec_.modalities[m];
    const auto& slots = batch.parts[m].slots;
    const auto index = static_cast<std::uint32_t>(m);
    draws.input_noise.push_back(restrict_to(noise(m, step), slots));
    draws.input_keep.push_back(
        restrict_to(keep(Purpose::input_dropout, index, step, features_[m], modality.dropout), slots));
    draws.decoder_keep.emplace_back(k);
    for (std::size_t source = 0; source < k; ++source) {
      if (source != m && !augment) continue;
      const auto& rows =
          source == m ? slots : batch.shared[pair_index(k, std::min(m, source), std::max(m, source))].slots;
      const std::uint32_t stream = decoder_stream(m, source);
      draws.decoder_keep[m][source] = restrict_to(
          keep(Purpose::decoder_dropout, stream, step, last_hidden(spec_, m), modality.decoder_dropout),
          rows);
    }
  }
  return draws;
}

}  // namespace cplae::engine
