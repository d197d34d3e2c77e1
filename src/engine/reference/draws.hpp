#pragma once
#include <torch/types.h>

#include <vector>

#include "cplae/core/random.hpp"
#include "cplae/study/networks.hpp"
#include "engine/reference/losses.hpp"

namespace cplae::engine {

/// Dropout masks and noise of a network's training steps. Element = batch slot x feature of the whole batch,
/// whichever cells lack the modality, so that an engine with another layout of rows draws the same numbers.
class DrawMaker {
public:
  DrawMaker(const study::NetworkSpec& spec, const study::StudyData& data,
            const std::vector<std::int64_t>& training_cells, NetworkKey key, torch::Device device);

  [[nodiscard]] Draws draw(const Batch& batch, std::int64_t step) const;

private:
  [[nodiscard]] torch::Tensor keep(Purpose purpose, std::uint32_t index, std::int64_t step,
                                   std::int64_t width, double rate) const;
  [[nodiscard]] torch::Tensor noise(std::size_t modality, std::int64_t step) const;
  [[nodiscard]] torch::Tensor restrict_to(torch::Tensor full, const std::vector<std::int64_t>& slots) const;

  const study::NetworkSpec& spec_;
  NetworkKey key_;
  torch::Device device_;
  std::vector<torch::Tensor> noise_sd_;  ///< [features] on the host; undefined without noise
  std::vector<std::int64_t> features_;
};

}  // namespace cplae::engine
