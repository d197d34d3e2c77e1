#include "cplae/model/layout.hpp"

#include <algorithm>

#include "cplae/core/error.hpp"

namespace cplae::model {

namespace {

constexpr std::size_t alignment_floats = 16;

/// Adds slots one behind the other, each at a multiple of the alignment.
class SlotList {
public:
  void add(std::string name, std::int64_t rows, std::int64_t columns) {
    slots_.push_back({std::move(name), rows, columns, end_});
    const auto floats = static_cast<std::size_t>(rows * columns);
    end_ += (floats + alignment_floats - 1) / alignment_floats * alignment_floats;
  }
  void add_dense(const std::string& name, std::int64_t inputs, std::int64_t outputs) {
    add(name + "/weight", inputs, outputs);
    add(name + "/bias", 1, outputs);
  }
  [[nodiscard]] std::vector<TensorSlot> slots() && { return std::move(slots_); }
  [[nodiscard]] std::size_t end() const { return end_; }

private:
  std::vector<TensorSlot> slots_;
  std::size_t end_ = 0;
};

void add_encoder(SlotList& list, const study::ModalitySpec& modality, std::int64_t features,
                 std::int64_t latent) {
  std::int64_t inputs = features;
  std::size_t layer = 0;
  for (const std::int64_t units : modality.hidden) {
    list.add_dense("encoder_" + modality.name + "/fc" + std::to_string(layer++), inputs, units);
    inputs = units;
  }
  list.add_dense("encoder_" + modality.name + "/fc" + std::to_string(layer), inputs, latent);
}

void add_decoder(SlotList& list, const study::ModalitySpec& modality, std::int64_t features,
                 std::int64_t latent) {
  std::int64_t inputs = latent;
  std::size_t layer = 0;
  for (auto units = modality.hidden.rbegin(); units != modality.hidden.rend(); ++units) {
    list.add_dense("decoder_" + modality.name + "/fc" + std::to_string(layer++), inputs, *units);
    inputs = *units;
  }
  list.add_dense("decoder_" + modality.name + "/Xout", inputs, features);
}

}  // namespace

const TensorSlot& Layout::slot(const std::string& name) const {
  for (const auto* slots : {&parameters, &moving}) {
    const auto found =
        std::find_if(slots->begin(), slots->end(), [&](const auto& slot) { return slot.name == name; });
    if (found != slots->end()) return *found;
  }
  throw Error("a network of this shape has no tensor named " + name);
}

Layout make_layout(const study::NetworkSpec& spec, const std::vector<std::int64_t>& features) {
  if (features.size() != spec.modalities.size())
    throw Error("layout of a network: " + std::to_string(features.size()) + " feature counts for " +
                std::to_string(spec.modalities.size()) + " modalities");
  SlotList parameters;
  SlotList moving;
  const std::int64_t latent = spec.training.latent_dim;
  for (std::size_t m = 0; m < features.size(); ++m) {
    const auto& modality = spec.modalities[m];
    add_encoder(parameters, modality, features[m], latent);
    add_decoder(parameters, modality, features[m], latent);
    moving.add("encoder_" + modality.name + "/batch_norm/moving_mean", 1, latent);
    moving.add("encoder_" + modality.name + "/batch_norm/moving_variance", 1, latent);
  }
  Layout layout;
  layout.parameter_floats = parameters.end();
  layout.moving_floats = moving.end();
  layout.parameters = std::move(parameters).slots();
  layout.moving = std::move(moving).slots();
  return layout;
}

}  // namespace cplae::model
