#pragma once
// What the kernels see of a group of networks: plain structures of numbers and addresses on the device.
#include <cstdint>

#include "engine/cuda/block.hpp"
#include "engine/rate.hpp"

namespace cplae::engine::cuda {

/// Gala's program divides by no less.
constexpr double least_divisor = 1e-2;

enum class Mode : int { training, validation };
/// As study::CouplingScale.
enum class Scale : int { min_singular_value, none, per_dimension, norm };

/// What networks of a group differ in, for one modality.
struct ModalityRules {
  float alpha;
  std::uint32_t dropped_below;  ///< of the input: an element's sixteen bits; 0 = no dropout
  float kept;                   ///< factor of what is kept
  std::uint32_t decoder_dropped_below;
  float decoder_kept;
  int noise;  ///< 1: the network's input is noised
  int relu;   ///< 1: of the output
};

/// What networks of a group differ in, and what is their own.
struct NetworkRules {
  std::uint64_t key;
  RateRules rate;
  double lambda;
  Scale scale;
  int augment;          ///< 1: decoders learn from the other modalities' latents too
  const int* cells;     ///< that batches are drawn from
  const int* held_out;  ///< that validation passes over
  std::int64_t cell_count;
  std::int64_t held_out_count;
};

/// Shape of one modality, its data, and the places of its buffers in a network's floats.
struct ModalityView {
  const float* values;           ///< [cells x features], 0 where missing
  const std::uint8_t* observed;  ///< [cells x features], or null when no entry of a present cell is missing
  const std::uint8_t* present;   ///< [cells]
  const float* noise;            ///< [networks x features] SD, or null
  std::int64_t input, raw, latent, latent_gradient, raw_gradient, feed, feed_gradient, row_losses;
  int features;
  int input_stride;
  int loss_columns;   ///< partial sums of squared errors of a row
  int decoder_width;  ///< units that decoder dropout meets
  int hidden;         ///< hidden layers
  int moving_mean, moving_variance;
};

/// What is done to a product before it is stored.
enum class Ending : int {
  linear,        ///< bias
  relu,          ///< bias, relu
  dropped_relu,  ///< bias, relu, decoder dropout
  output,        ///< bias, relu or not, loss, its gradient
};

/// One dense layer's product: forward, back to its input, or its weights' gradient.
struct Product {
  std::int64_t inputs_at;    ///< activations that enter the layer [rows x in]
  std::int64_t outputs_at;   ///< forward: activations that leave it; else their gradient [rows x out]
  std::int64_t gradient_at;  ///< back: gradient of what enters it [rows x in]
  std::int64_t weight;       ///< place among the parameters, [in x out]
  std::int64_t bias;
  int in, out;
  int inputs_stride, outputs_stride;
  int modality;
  int row_count;  ///< place of the number of rows among a network's integers
  Ending ending;  ///< forward
  int masked;     ///< back: 1: what enters is a relu's; 2: and decoder dropout's
  int tensor;     ///< 1: large enough for tensor cores, where TF32 is asked for
};

/// One block's part of a launch of products.
struct Tile {
  int product;
  int row;     ///< first row
  int column;  ///< first column
  int links;   ///< products of a chain, from `product` on; 1 for one alone
};

/// Sums of validation of one network: squared errors of each modality, squared distances of each pair and its
/// rows.
CPLAE_DEVICE int judged_of(int modalities, int pairs) {
  return modalities + 2 * pairs;
}

/// Numbers of a pair of modalities, in a network's doubles.
struct PairView {
  std::int64_t at;    ///< first double
  int first, second;  ///< modalities
};

/// All networks of a group. Networks lie one behind the other in every buffer; the one after the last is for
/// weights that are looked at (latents).
struct Group {
  const ModalityView* modality_views;   ///< [modalities]
  const ModalityRules* modality_rules;  ///< [networks x modalities]
  const NetworkRules* network_rules;    ///< [networks]
  const PairView* pair_views;           ///< [pairs]
  const Product* products;
  const Tile* tiles;
  float* parameters;
  float* first_moment;
  float* second_moment;
  float* moving;
  float* floats;       ///< activations and gradients
  int* integers;       ///< batch, lists of rows
  double* doubles;     ///< couplings
  double* term_sums;   ///< [networks x terms]
  double* judged;      ///< [networks x judged_of], behind the term sums: one copy takes both
  std::int64_t* step;  ///< [networks] steps done
  float* rate;         ///< [networks] Adam's step size with its bias correction
  float* decay;        ///< [networks] factor of weights in a step
  std::int64_t parameter_count, moving_count, float_count, integer_count, double_count;  ///< of one network
  int modalities, pairs, terms, latent, latent_stride, batch, cells;
  int augment_encoders;  ///< 1: encoders learn from the other modalities' decoders too, where those are
                         ///< augmented
};

/// One launch: over networks `first_network` ... and the places of a kernel.
struct Launch {
  Group group;
  Mode mode;
  int first_network;
  int first_tile;  ///< of kernels that make products
  int chunk;       ///< of the held-out cells, in validation
};

/// The kernels.
enum class Kernel : int {
  draw,
  input,
  forward,
  forward_chain,
  normalise,
  couple,
  back,
  back_chain,
  normalise_back,
  weights,
  finish,
  judge,
};

CPLAE_DEVICE int pair_of(int modalities, int i, int j) {
  return i * (2 * modalities - i - 1) / 2 + (j - i - 1);
}

/// Integers of one network: the batch's cells; then, for each modality, counts and lists.
class Lists {
public:
  CPLAE_DEVICE Lists(const Group& group, int network)
      : base_(group.integers + network * group.integer_count), k_(group.modalities), batch_(group.batch) {}

  static CPLAE_DEVICE std::int64_t count(int modalities, int batch) {
    return batch + modalities * each(modalities, batch);
  }
  /// Place of the number of rows of a modality's encoder; the next one is the number of its decoder's rows.
  static CPLAE_DEVICE int rows_place(int modalities, int batch, int m) {
    return static_cast<int>(batch + m * each(modalities, batch));
  }

  CPLAE_DEVICE int* cell() const { return base_; }           ///< [batch], -1 = none
  CPLAE_DEVICE int& rows(int m) const { return of(m)[0]; }   ///< of the encoder
  CPLAE_DEVICE int& feeds(int m) const { return of(m)[1]; }  ///< rows of the decoder
  CPLAE_DEVICE int& feed_count(int m, int source) const { return of(m)[2 + source]; }
  CPLAE_DEVICE int& feed_begin(int m, int source) const { return of(m)[2 + k_ + source]; }
  CPLAE_DEVICE int* slot_of_row(int m) const { return of(m) + 2 + 2 * k_; }          ///< [rows]
  CPLAE_DEVICE int* row_of_slot(int m) const { return slot_of_row(m) + batch_; }     ///< [batch], -1 = none
  CPLAE_DEVICE int* feed_slot(int m) const { return row_of_slot(m) + batch_; }       ///< [feeds]
  CPLAE_DEVICE int* feed_source(int m) const { return feed_slot(m) + k_ * batch_; }  ///< [feeds]
  /// [batch] decoder row that a slot's latent of `source` feeds, -1 = none
  CPLAE_DEVICE int* feed_of_slot(int m, int source) const {
    return feed_source(m) + k_ * batch_ + source * batch_;
  }

private:
  static CPLAE_DEVICE std::int64_t each(int modalities, int batch) {
    return 2 + 2 * std::int64_t{modalities} + (2 + 3 * std::int64_t{modalities}) * batch;
  }
  CPLAE_DEVICE int* of(int m) const { return base_ + batch_ + m * each(k_, batch_); }

  int* base_;
  int k_;
  int batch_;
};

/// Doubles of one pair of modalities.
class PairNumbers {
public:
  CPLAE_DEVICE PairNumbers(const Group& group, int network, int pair)
      : base_(group.doubles + network * group.double_count + group.pair_views[pair].at),
        d_(group.latent),
        batch_(group.batch) {}

  static CPLAE_DEVICE std::int64_t count(int d, int batch) {
    const std::int64_t vectors = 2 + 2 + 2 + 1 + 1;
    return 4 + vectors * d + 2 * std::int64_t{batch} + 4 * std::int64_t{d} * d +
           4 * (std::int64_t{d} / 2 + 1);
  }

  CPLAE_DEVICE double& coupled() const { return base_[0]; }  ///< 1: the pair has a gradient
  CPLAE_DEVICE double& term() const { return base_[1]; }
  CPLAE_DEVICE double& pairs() const { return base_[2]; }  ///< rows that both have
  CPLAE_DEVICE double* mean(int side) const { return base_ + 4 + side * d_; }
  CPLAE_DEVICE double* spread(int side) const { return base_ + 4 + (2 + side) * d_; }  ///< of (z - mean)
  CPLAE_DEVICE double* direction(int side) const {
    return base_ + 4 + (4 + side) * d_;
  }                                                                     ///< of the projection
  CPLAE_DEVICE double* distance() const { return base_ + 4 + 6 * d_; }  ///< sums, then factors of z - z'
  CPLAE_DEVICE double* divisor() const { return base_ + 4 + 7 * d_; }
  CPLAE_DEVICE double* projection(int side) const { return base_ + 4 + 8 * d_ + side * batch_; }  ///< by slot
  CPLAE_DEVICE double* covariance(int side) const {
    return base_ + 4 + 8 * d_ + 2 * batch_ + 2 * side * std::int64_t{d_} * d_;
  }
  CPLAE_DEVICE double* vectors(int side) const { return covariance(side) + std::int64_t{d_} * d_; }
  /// Cosines and sines of the rotations of one round.
  CPLAE_DEVICE double* rotation(int side) const {
    return base_ + 4 + 8 * d_ + 2 * batch_ + 4 * std::int64_t{d_} * d_ + side * 2 * (d_ / 2 + 1);
  }

private:
  double* base_;
  int d_;
  int batch_;
};

}  // namespace cplae::engine::cuda
