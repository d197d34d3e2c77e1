#pragma once
#include <vector>

#include "engine/fused/decoder.hpp"
#include "engine/fused/input_maker.hpp"
#include "engine/fused/latent_terms.hpp"
#include "engine/fused/stack.hpp"

namespace cplae::engine::fused {

/// The memory of a network that its arms work on.
struct NetworkParts {
  const model::Layout& layout;
  const TiledLayout& tiled;
  NetworkBuffers& buffers;
  std::vector<float>& moving;
};

/// One modality's encoder and decoder.
class Arm {
public:
  /// `rows`: most of a batch, or of a block of inference.
  Arm(const Kernels& kernels, const study::NetworkSpec& spec, std::size_t modality,
      const data::Modality& data, std::vector<float> noise_sd, NetworkParts parts, std::size_t rows);

  /// Latents of the batch's cells that have the modality, training mode.
  void encode(const std::vector<std::int64_t>& cells, const std::vector<std::uint32_t>& slots, NetworkKey key,
              std::int64_t step);
  /// The encoder's gradients, from the latents' derivatives; all gradients 0 where the batch had too few
  /// cells.
  void finish();

  /// Latents in inference mode.
  void infer(const std::vector<std::int64_t>& cells, const std::vector<std::uint32_t>& slots);
  /// Sum of squared errors of the present entries, after `infer` of the same cells.
  [[nodiscard]] double squared_error(const std::vector<std::uint32_t>& slots,
                                     const std::vector<std::int64_t>& cells);

  [[nodiscard]] Latents& latents() { return latents_; }
  [[nodiscard]] Decoder& decoder() { return decoder_; }

private:
  std::uint32_t index_;
  InputMaker input_;
  Stack encoder_;
  Decoder decoder_;
  Latents latents_;
  MovingStatistics moving_;
  std::vector<Tiles> gradients_;
};

}  // namespace cplae::engine::fused
