#include "engine/fused/input_maker.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace cplae::engine::fused {

namespace {

constexpr std::size_t blocks_at_once = 8;
constexpr std::size_t words_of_block = 4;
constexpr std::size_t halves_of_block = 2 * words_of_block;

/// Blocks that `count` elements take, `per_block` each, wherever in a block they begin; for the kernels.
std::size_t most_blocks(std::size_t count, std::size_t per_block) {
  return padded(count / per_block + 2, 2 * blocks_at_once);
}

}  // namespace

Stream stream_of(NetworkKey key, Purpose purpose, std::uint32_t index, std::int64_t step) {
  const auto k = static_cast<std::uint64_t>(key);
  const auto s = static_cast<std::uint64_t>(step);
  Stream stream;
  stream.key[0] = static_cast<std::uint32_t>(k);
  stream.key[1] = static_cast<std::uint32_t>(k >> 32U);
  stream.counter[0] = (static_cast<std::uint32_t>(purpose) << 16U) | (index & 0xFFFFU);
  stream.counter[1] = static_cast<std::uint32_t>(s);
  stream.counter[2] = static_cast<std::uint32_t>(s >> 32U);
  return stream;
}

InputMaker::InputMaker(const Kernels& kernels, const study::ModalitySpec& spec,
                       const data::Modality& modality, std::vector<float> noise_sd)
    : kernels_(kernels),
      modality_(modality),
      features_(static_cast<std::size_t>(modality.values.cols())),
      dropout_(spec.dropout),
      noise_sd_(std::move(noise_sd)) {
  const std::size_t blocks = most_blocks(features_, noise_sd_.empty() ? halves_of_block : 2);
  words_.resize(words_of_block * blocks + panel);
  if (!noise_sd_.empty()) normals_.resize(2 * blocks);
}

/// Row `row` of `out`, the cell of slots[row].
InputRow InputMaker::plain_row(const std::vector<std::int64_t>& cells, std::span<const std::uint32_t> slots,
                               const Tiles& out, std::size_t row) const {
  const auto values = [&](std::size_t of) {
    return modality_.values.data() + static_cast<std::size_t>(cells[slots[of]]) * features_;
  };
  return {.values = values(row),
          .next = values(std::min(row + 1, slots.size() - 1)),
          .features = features_,
          .out = out,
          .row = row};
}

const std::uint16_t* InputMaker::halves(const Stream& stream, std::uint64_t first_element) {
  const std::uint64_t block = first_element / halves_of_block;
  const std::size_t skipped = first_element % halves_of_block;
  kernels_.random_words(stream, block, (skipped + features_ + halves_of_block - 1) / halves_of_block,
                        words_.data());
  return halves_of(words_) + skipped;
}

const float* InputMaker::normals(const Stream& stream, std::uint64_t first_element) {
  const std::uint64_t block = first_element / 2;
  const std::size_t skipped = first_element % 2;
  const std::size_t blocks = padded((skipped + features_ + 1) / 2, 2 * blocks_at_once);
  kernels_.random_words(stream, block, blocks, words_.data());
  kernels_.normals(words_.data(), blocks, normals_.data());
  return normals_.data() + skipped;
}

void InputMaker::make_training(const std::vector<std::int64_t>& cells, std::span<const std::uint32_t> slots,
                               const Draw& draw, const Tiles& out) {
  const Stream drop = stream_of(draw.key, Purpose::input_dropout, draw.modality, draw.step);
  const Stream noise = stream_of(draw.key, Purpose::input_noise, draw.modality, draw.step);
  for (std::size_t r = 0; r < slots.size(); ++r) {
    InputRow row = plain_row(cells, slots, out, r);
    const std::uint64_t element = static_cast<std::uint64_t>(slots[r]) * features_;
    if (!noise_sd_.empty()) {
      row.normals = normals(noise, element);
      row.noise_sd = noise_sd_.data();
    }
    if (dropout_.any()) {
      row.halves = halves(drop, element);
      row.threshold = dropout_.threshold;
      row.scale = dropout_.scale;
    }
    kernels_.input_row(row);
  }
}

void InputMaker::make(const std::vector<std::int64_t>& cells, std::span<const std::uint32_t> slots,
                      const Tiles& out) const {
  for (std::size_t r = 0; r < slots.size(); ++r)
    kernels_.input_row(plain_row(cells, slots, out, r));
}

}  // namespace cplae::engine::fused
