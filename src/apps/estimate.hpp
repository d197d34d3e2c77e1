#pragma once
#include <cstddef>
#include <vector>

#include "cplae/reduce/context.hpp"

namespace cplae::apps {

/// What one network of a variant takes.
struct NetworkCost {
  std::size_t parameters = 0;
  double flop_per_step = 0;
  double bytes_per_step = 0;    ///< operands and results of the matrix products, each moved once
  double flop = 0;              ///< over all steps
  double unit_bytes = 0;        ///< its file in work/networks
  double checkpoint_bytes = 0;  ///< while it is trained
  double training_bytes = 0;    ///< of memory, beside the data
};

/// Counts the matrix products: a forward pass of every encoder and decoder over a batch, each decoder once
/// more for every other modality's latents where decoders are augmented, and twice the forward pass for the
/// backward pass, but for the first layer of an encoder, whose input needs no gradient. A modality's rows are
/// the batch's expected share of cells that have it. Losses, Adam and validations are left out: a few
/// percent. A network that is supervised counts with the types that it is taught.
[[nodiscard]] NetworkCost network_cost(const reduce::Context& context, const study::NetworkSpec& spec);

/// Bytes that the units of baselines take in work/statistics: what each predicts of its held-out cells.
[[nodiscard]] double prediction_bytes(const reduce::Context& context);

/// Bytes of memory that a rank's copies of the data take: as read and as prepared.
[[nodiscard]] double data_bytes(const reduce::Context& context);

}  // namespace cplae::apps
