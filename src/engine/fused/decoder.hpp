#pragma once
#include <array>
#include <vector>

#include "engine/fused/input_maker.hpp"
#include "engine/fused/latent_terms.hpp"
#include "engine/fused/stack.hpp"

namespace cplae::engine::fused {

struct DecoderLayers {
  [[nodiscard]] std::size_t inputs() const {
    return hidden.empty() ? output.weight.rows : hidden.front().weight.rows;
  }
  std::vector<Dense> hidden;
  Dense output;
};

/// One modality's decoder over all that it is fed in a step: its own latents, then those of other modalities.
/// Every feed begins at a row block.
class Decoder {
public:
  struct Shape {
    std::size_t feeds = 1;             ///< most at once
    std::size_t rows = 0;              ///< most of one feed
    bool every_source_learns = false;  ///< derivatives with respect to the latents of all feeds
  };
  Decoder(const Kernels& kernels, const study::ModalitySpec& spec, const data::Modality& modality,
          DecoderLayers layers, Shape shape);

  [[nodiscard]] std::size_t feeds() const { return feeds_.size(); }
  void clear();
  /// Adds a feed of the latents' rows `rows` (none = all, in order); its truths are the cells of `slots`.
  void feed(const Latents& latents, const std::vector<std::uint32_t>* rows,
            const std::vector<std::uint32_t>& slots, const std::vector<std::int64_t>& cells);
  /// Dropout masks of the last feed, by its slots.
  void drop(const std::vector<std::uint32_t>& slots, const Stream& stream);

  /// Squared errors of all feeds, in inference mode.
  void evaluate();
  /// The same in training mode, and the gradients of alpha times the sum of the feeds' mean squared errors.
  void train(double alpha);
  /// Mean squared error of a feed.
  [[nodiscard]] double error(std::size_t feed) const;
  /// Sum of squared errors of a feed.
  [[nodiscard]] double squares(std::size_t feed) const;
  /// Adds the derivative with respect to the latents that made a feed: of feed 0, or of any where every
  /// source learns.
  void add_latent_derivatives(std::size_t feed, Latents& latents) const;

private:
  struct Feed {
    std::size_t begin = 0;
    std::size_t rows = 0;
    const std::vector<std::uint32_t>* from = nullptr;  ///< the latents' rows; none = all, in order
    std::array<double, panel> squares{};
  };
  /// Squared errors at some panels; where the bias's gradient is wanted, the derivative too.
  void output_panels(std::size_t first, float* bias_gradient);
  void output_gradients(std::size_t first);
  void multiply_by_keep(const Tiles& values) const;

  const Kernels& kernels_;
  const data::Modality& modality_;
  std::size_t inputs_;
  std::size_t rows_at_most_;
  Stack hidden_;
  Dense output_;
  OwnTiles transposed_;  ///< the output's weight, [features x hidden]
  bool relu_;
  bool every_source_learns_;
  Dropout dropout_;
  OwnTiles keep_;
  OwnTiles derivative_;  ///< of a few panels of the output
  std::vector<const float*> truth_;
  std::vector<float> weight_;
  std::vector<float> ones_;  ///< one for each unit that dropout meets
  std::vector<std::uint32_t> words_;
  std::vector<Feed> feeds_;
  std::size_t rows_ = 0;  ///< of all feeds, padding included
};

}  // namespace cplae::engine::fused
