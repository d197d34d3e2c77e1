#include "engine/fused/decoder.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace cplae::engine::fused {

namespace {

/// Output panels made, differentiated and multiplied on in one go: their derivative stays in the second-level
/// cache.
constexpr std::size_t group_panels = 4;

/// `columns` columns from a panel on.
Tiles panels_from(const Tiles& tiles, std::size_t first, std::size_t columns) {
  return {tiles.at(first, 0), tiles.rows, columns};
}

Finish finish_of(bool is_first, bool relu) {
  if (relu) return is_first ? Finish::relu_derivative : Finish::add_relu_derivative;
  return is_first ? Finish::store : Finish::add;
}

}  // namespace

Decoder::Decoder(const Kernels& kernels, const study::ModalitySpec& spec, const data::Modality& modality,
                 DecoderLayers layers, Shape shape)
    : kernels_(kernels),
      modality_(modality),
      inputs_(layers.inputs()),
      rows_at_most_(shape.feeds * padded(shape.rows, row_block)),
      hidden_(kernels, std::move(layers.hidden),
              {.inputs = inputs_, .rows = rows_at_most_, .relu_last = true, .differentiates_input = true}),
      output_(std::move(layers.output)),
      transposed_(output_.weight.columns, output_.weight.rows),
      relu_(spec.output == study::Output::relu),
      every_source_learns_(shape.every_source_learns),
      dropout_(spec.decoder_dropout),
      keep_(dropout_.any() ? rows_at_most_ : 0, output_.weight.rows),
      derivative_(rows_at_most_, group_panels * panel),
      truth_(rows_at_most_, modality.values.data()),
      weight_(rows_at_most_),
      ones_(padded(output_.weight.rows, panel), 1.0F),
      words_(dropout_.any() ? padded(shape.rows * output_.weight.rows / 2, 64) + 64 : 0) {
  feeds_.reserve(shape.feeds);
}

void Decoder::clear() {
  feeds_.clear();
  rows_ = 0;
}

void Decoder::feed(const Latents& latents, const std::vector<std::uint32_t>* rows,
                   const std::vector<std::uint32_t>& slots, const std::vector<std::int64_t>& cells) {
  const Tiles& input = hidden_.input();
  const std::size_t count = slots.size();
  const auto features = static_cast<std::size_t>(modality_.values.cols());
  for (std::size_t r = 0; r < padded(count, row_block); ++r) {
    const bool is_row = r < count;
    const std::size_t at = rows_ + r;
    const std::size_t from = !is_row || rows == nullptr ? r : (*rows)[r];
    for (std::size_t k = 0; k < inputs_; ++k)
      input(at, k) = is_row ? static_cast<float>(latents.values[from * inputs_ + k]) : 0.0F;
    const std::size_t cell = is_row ? static_cast<std::size_t>(cells[slots[r]]) : 0;
    truth_[at] = modality_.values.data() + cell * features;
  }
  feeds_.push_back({.begin = rows_, .rows = count, .from = rows, .squares = {}});
  rows_ += padded(count, row_block);
}

void Decoder::drop(const std::vector<std::uint32_t>& slots, const Stream& stream) {
  if (!dropout_.any() || slots.empty()) return;
  const std::size_t width = output_.weight.rows;
  kernels_.random_words(stream, 0, (slots.back() * width + width + 7) / 8, words_.data());
  // Ones that pass as an encoder's input does leave the factor of each unit.
  for (std::size_t r = 0; r < slots.size(); ++r)
    kernels_.input_row({.values = ones_.data(),
                        .next = ones_.data(),
                        .halves = halves_of(words_) + slots[r] * width,
                        .threshold = dropout_.threshold,
                        .scale = dropout_.scale,
                        .features = width,
                        .out = keep_,
                        .row = feeds_.back().begin + r});
}

void Decoder::multiply_by_keep(const Tiles& values) const {
  const Tiles& keep = keep_;
  for (std::size_t p = 0; p < values.panels(); ++p)
    for (std::size_t i = 0; i < rows_ * panel; ++i)
      values.at(p, 0)[i] *= keep.at(p, 0)[i];
}

void Decoder::evaluate() {
  hidden_.forward(rows_);
  for (std::size_t first = 0; first < output_.weight.panels(); first += group_panels)
    output_panels(first, nullptr);
}

void Decoder::train(double alpha) {
  const auto features = static_cast<double>(output_.weight.columns);
  for (const Feed& feed : feeds_)
    std::fill_n(weight_.begin() + static_cast<std::ptrdiff_t>(feed.begin), feed.rows,
                static_cast<float>(2.0 * alpha / (static_cast<double>(feed.rows) * features)));
  hidden_.forward(rows_);
  if (dropout_.any()) multiply_by_keep(hidden_.output());
  kernels_.transpose(output_.weight, output_.weight.rows, transposed_);
  std::fill_n(output_.bias_gradient.data, tiled_floats(1, output_.weight.columns), 0.0F);
  for (std::size_t first = 0; first < output_.weight.panels(); first += group_panels) {
    output_panels(first, output_.bias_gradient.data);
    output_gradients(first);
  }
  if (dropout_.any()) multiply_by_keep(hidden_.output_derivative());
  hidden_.backward(rows_, every_source_learns_ ? rows_ : padded(feeds_.front().rows, row_block));
}

void Decoder::output_panels(std::size_t first, float* bias_gradient) {
  const std::size_t last = std::min(first + group_panels, output_.weight.panels());
  for (Feed& feed : feeds_)
    kernels_.output({.hidden = hidden_.output(),
                     .weights = output_.weight,
                     .bias = output_.bias.data,
                     .rows = {.truth = truth_.data() + feed.begin,
                              .weight = weight_.data() + feed.begin,
                              .rows = padded(feed.rows, row_block),
                              .count = feed.rows},
                     .row_begin = feed.begin,
                     .first_panel = first,
                     .last_panel = last,
                     .relu = relu_,
                     .derivative = derivative_,
                     .bias_gradient = bias_gradient,
                     .squares = feed.squares.data()});
}

/// Of the output's weights at these panels, and what the panels add to the hidden derivative. The
/// last ones take it through the last relu: what that passed, and dropout kept, is above 0 in the values.
void Decoder::output_gradients(std::size_t first) {
  const std::size_t width = std::min(group_panels * panel, output_.weight.columns - first * panel);
  const Tiles derivative{derivative_.get().data, derivative_.get().rows, width};
  kernels_.gradient({.a = hidden_.output(),
                     .d = derivative,
                     .c = panels_from(output_.weight_gradient, first, width),
                     .rows = rows_});
  const Tiles& transposed = transposed_;
  const bool is_last = first + group_panels >= output_.weight.panels();
  kernels_.product({.a = derivative,
                    .b = {transposed.at(0, first * panel), transposed.rows, transposed.columns},
                    .c = hidden_.output_derivative(),
                    .rows = rows_,
                    .inner = width,
                    .finish = finish_of(first == 0, is_last && hidden_.has_layers()),
                    .mask = hidden_.output().data});
}

double Decoder::error(std::size_t feed) const {
  return squares(feed) /
         (static_cast<double>(feeds_[feed].rows) * static_cast<double>(output_.weight.columns));
}

double Decoder::squares(std::size_t feed) const {
  const auto& lanes = feeds_[feed].squares;
  return std::accumulate(lanes.begin(), lanes.end(), 0.0);
}

void Decoder::add_latent_derivatives(std::size_t feed, Latents& latents) const {
  const Tiles& derivative = hidden_.input_derivative();
  const Feed& fed = feeds_[feed];
  for (std::size_t r = 0; r < fed.rows; ++r) {
    const std::size_t row = fed.from == nullptr ? r : (*fed.from)[r];
    for (std::size_t k = 0; k < inputs_; ++k)
      latents.derivatives[row * inputs_ + k] += static_cast<double>(derivative(fed.begin + r, k));
  }
}

}  // namespace cplae::engine::fused
