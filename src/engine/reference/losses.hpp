#pragma once
// Losses of the coupled autoencoder (Gala et al., Eq. 1-4; docs/model.md); for the reference trainer.
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "cplae/study/study.hpp"
#include "engine/reference/autoencoder.hpp"

namespace cplae::engine {

/// One modality of a batch: only the cells that have it.
struct BatchPart {
  torch::Tensor values;    ///< [rows x features], missing entries 0
  torch::Tensor observed;  ///< [rows x features] 1 or 0; undefined when no entry of the data is missing
  std::vector<std::int64_t> slots;  ///< batch slot of each row, ascending
};

/// The cells of a batch that have both modalities of a pair, as rows of either part.
struct SharedRows {
  std::size_t count = 0;
  bool is_all = false;          ///< every row of both parts, in order: no gather needed
  torch::Tensor first, second;  ///< [count] int64 rows of part i and of part j; undefined when is_all
  std::vector<std::int64_t> slots;
};

/// Parts of one batch and the rows that each pair i < j shares, pairs in the order (0,1), (0,2), ..., (1,2),
/// ...
struct Batch {
  std::vector<BatchPart> parts;
  std::vector<SharedRows> shared;
};

/// Number of the pair (i, j), i < j, among those of `modalities`.
[[nodiscard]] std::size_t pair_index(std::size_t modalities, std::size_t i, std::size_t j);

/// Random factors of one training step, already restricted to the rows they meet; an undefined tensor changes
/// nothing.
struct Draws {
  std::vector<torch::Tensor> input_noise;  ///< per modality [rows x features], added
  std::vector<torch::Tensor> input_keep;   ///< per modality [rows x features], multiplied after the noise
  /// [decoder of modality m][source s]: [rows of s's latents fed to it x last hidden]; s == m is the
  /// modality's own latent
  std::vector<std::vector<torch::Tensor>> decoder_keep;
};

/// The terms of a loss, scalars. Terms that a batch leaves out are zero.
struct LossTerms {
  torch::Tensor total;
  std::vector<torch::Tensor> reconstruction;  ///< per modality: mean squared error
  std::vector<torch::Tensor>
      coupling;  ///< per pair: training: mean |zi - zj|^2 / f_ij; validation: mean (zi - zj)^2
};

/// f_ij of a pair's latents on the rows they share: scalar, or [latent] for per_dimension. At least 1e-2,
/// which also stands for NaN.
[[nodiscard]] torch::Tensor coupling_divisor(study::CouplingScale scale, const torch::Tensor& first,
                                             const torch::Tensor& second);

/// Training loss, with gradient.
[[nodiscard]] LossTerms training_loss(CoupledAutoencoder& network, const study::NetworkSpec& spec,
                                      const Batch& batch, const Draws& draws);

/// Validation loss: sum of mean squared errors plus sum of mean((zi - zj)^2), inference mode, no
/// augmentation, no weights.
[[nodiscard]] LossTerms validation_loss(CoupledAutoencoder& network, const Batch& batch);

}  // namespace cplae::engine
