#pragma once
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "cplae/study/networks.hpp"
#include "engine/reference/losses.hpp"

namespace cplae::engine {

/// The study's data on one device, and the batches cut from it.
class Cells {
public:
  /// The first modalities of the data, as many as a network has.
  Cells(const study::StudyData& data, std::size_t modalities, torch::Device device);

  /// The given cells, in the given order (slot = place in `cells`).
  [[nodiscard]] Batch batch(const std::vector<std::int64_t>& cells) const;
  /// Values of the cells that have modality m, missing entries 0, and which cells these are.
  [[nodiscard]] BatchPart part(std::size_t modality, const std::vector<std::int64_t>& cells) const;

  [[nodiscard]] std::size_t modalities() const { return values_.size(); }
  [[nodiscard]] std::int64_t features(std::size_t modality) const { return values_[modality].size(1); }
  [[nodiscard]] torch::Device device() const { return device_; }

private:
  torch::Device device_;
  std::vector<torch::Tensor> values_;  ///< [cells x features], 0 for missing
  std::vector<torch::Tensor>
      observed_;  ///< [cells x features]; undefined when no entry of a present cell is missing
  std::vector<std::vector<std::uint8_t>> present_;
  std::vector<bool> complete_;  ///< every cell has the modality
};

}  // namespace cplae::engine
