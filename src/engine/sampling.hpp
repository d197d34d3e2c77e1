#pragma once
// What every engine draws and from where, so that all of them draw the same (docs/model.md, random numbers).
#include <cstdint>
#include <vector>

#include "cplae/core/random.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/study/networks.hpp"

namespace cplae::engine {

/// Cells of a role, ascending.
[[nodiscard]] std::vector<std::int64_t> cells_of(const data::Split& split, bool training);

/// Training cells that have at least one of the modalities, ascending: those that batches are drawn from.
[[nodiscard]] std::vector<std::int64_t> training_cells(const study::StudyData& data,
                                                       const data::Split& split);

/// The batch of one step, batch.size() cells: drawn from `cells` with replacement.
void draw_batch(const std::vector<std::int64_t>& cells, NetworkKey key, std::int64_t step,
                std::vector<std::int64_t>& batch);

/// Dropout of a rate: sixteen bits are drawn for each element, two elements a word, the lower half first.
/// Where they lie below the threshold the element is dropped; what is kept is scaled by one over the share
/// kept.
struct Dropout {
  static constexpr double values = 65536;  ///< that sixteen bits take

  explicit Dropout(double rate);
  [[nodiscard]] bool any() const { return threshold > 0; }
  /// Factor of an element, given its stream's word element / 2.
  [[nodiscard]] float factor(std::uint32_t word, std::uint64_t element) const {
    return (word >> (element % 2 * 16U) & 0xFFFFU) < threshold ? 0.0F : scale;
  }

  std::uint32_t threshold = 0;
  float scale = 1;
};

/// Mean of each feature over the training cells that have it, missing entries left out; 0 where there is
/// none. [features]
[[nodiscard]] std::vector<double> feature_means(const data::Modality& modality,
                                                const std::vector<std::int64_t>& training_cells);

/// SD of the input noise of each feature: noise_sd times the population variance over the training cells that
/// have it, 0 where there is none; empty without noise. [features]
[[nodiscard]] std::vector<float> noise_scale(const study::ModalitySpec& spec, const data::Modality& modality,
                                             const std::vector<std::int64_t>& training_cells);

/// Units of the decoder's last hidden layer, which decoder dropout meets.
[[nodiscard]] std::int64_t last_hidden(const study::NetworkSpec& spec, std::size_t modality);

/// Index of the stream of decoder dropout: the masks of a decoder fed its own latent and of those fed another
/// modality's (`source`) differ.
[[nodiscard]] std::uint32_t decoder_stream(std::size_t modality, std::size_t source);

}  // namespace cplae::engine
