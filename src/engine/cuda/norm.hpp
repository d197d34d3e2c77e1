#pragma once
// Batch norm of the latents, forward and backward; the gradient of the latents from all that they enter.
#include <cmath>

#include "engine/cuda/group.hpp"
#include "engine/cuda/philox.hpp"
#include "engine/cuda/reduce.hpp"

namespace cplae::engine::cuda {

constexpr double norm_epsilon = 1e-10;
constexpr double moving_momentum = 0.05;

struct NormShared {
  SumShared sums;
  double mean[columns_at_once];
  double inverse[columns_at_once];
};

/// Blocks of a modality in the kernels of this file.
CPLAE_DEVICE int norm_blocks(int latent) {
  return (latent + columns_at_once - 1) / columns_at_once;
}

/// What one block works at: some latent dimensions of one modality.
struct NormWork {
  const Group& group;
  const ModalityView& modality;
  Lists lists;
  int network, m, first, columns, rows;
  float* floats;

  CPLAE_DEVICE NormWork(const Launch& launch, int place, int block_network)
      : group(launch.group),
        modality(group.modality_views[place / norm_blocks(group.latent)]),
        lists(group, launch.first_network + block_network),
        network(launch.first_network + block_network),
        m(place / norm_blocks(group.latent)),
        first(place % norm_blocks(group.latent) * columns_at_once),
        columns(group.latent - first < columns_at_once ? group.latent - first : columns_at_once),
        rows(lists.rows(m)),
        floats(group.floats + network * group.float_count) {}

  [[nodiscard]] CPLAE_DEVICE float& at(std::int64_t buffer, int row, int column) const {
    return floats[buffer + std::int64_t{row} * group.latent_stride + first + column];
  }
};

/// Factor of decoder dropout for a latent that meets it at once: a decoder without hidden layers.
CPLAE_DEVICE float latent_keep(const NormWork& work, Mode mode, int decoder, int slot, int column) {
  const ModalityRules& rules = work.group.modality_rules[work.network * work.group.modalities + decoder];
  if (mode != Mode::training || rules.decoder_dropped_below == 0 ||
      work.group.modality_views[decoder].hidden > 0)
    return 1.0F;
  const Stream stream(work.group.network_rules[work.network].key,
                      {purpose_decoder_dropout, static_cast<std::uint32_t>(decoder + 256 * work.m),
                       static_cast<std::uint64_t>(work.group.step[work.network] + 1)});
  const std::uint32_t bits = stream.half(std::int64_t{slot} * work.group.latent + work.first + column);
  return bits < rules.decoder_dropped_below ? 0.0F : rules.decoder_kept;
}

/// One latent to where it is kept and to the rows of all decoders that it feeds.
CPLAE_DEVICE void put_latent(const NormWork& work, Mode mode, int row, int column, float value) {
  work.at(work.modality.latent, row, column) = value;
  const int slot = work.lists.slot_of_row(work.m)[row];
  for (int decoder = 0; decoder < work.group.modalities; ++decoder) {
    const int fed = work.lists.feed_of_slot(decoder, work.m)[slot];
    if (fed >= 0)
      work.at(work.group.modality_views[decoder].feed, fed, column) =
          value * latent_keep(work, mode, decoder, slot, column);
  }
}

/// Statistics of the batch, into shared.mean and shared.inverse and the moving statistics.
template <class Block>
CPLAE_DEVICE void batch_statistics(const Block& block, NormShared& shared, const NormWork& work) {
  const auto count = static_cast<double>(work.rows);
  float* const moving = work.group.moving + work.network * work.group.moving_count + work.first;
  sum_columns(block, shared.sums, work.columns, work.rows, [&](int row, int column) {
    return static_cast<double>(work.at(work.modality.raw, row, column));
  });
  block.each([&](int thread) {
    if (thread < work.columns) shared.mean[thread] = shared.sums.total[thread] / count;
  });
  sum_columns(block, shared.sums, work.columns, work.rows, [&](int row, int column) {
    const double centred = static_cast<double>(work.at(work.modality.raw, row, column)) - shared.mean[column];
    return centred * centred;
  });
  block.each([&](int thread) {
    if (thread >= work.columns) return;
    const double variance = shared.sums.total[thread] / count;
    shared.inverse[thread] = 1.0 / std::sqrt(variance + norm_epsilon);
    const auto move = [&](float& old, double batch) {
      old = static_cast<float>(moving_momentum * static_cast<double>(old) + (1.0 - moving_momentum) * batch);
    };
    move(moving[work.modality.moving_mean + thread], shared.mean[thread]);
    move(moving[work.modality.moving_variance + thread], variance);
  });
}

/// Latents from the encoder's outputs: by the statistics of the batch, or the moving ones in validation.
template <class Block>
CPLAE_DEVICE void normalise_kernel(const Block& block, NormShared& shared, const Launch& launch) {
  const NormWork work(launch, block.place(), block.network());
  if (work.rows == 0) return;
  if (launch.mode == Mode::training) {
    batch_statistics(block, shared, work);
  } else {
    const float* const moving = work.group.moving + work.network * work.group.moving_count + work.first;
    block.each([&](int thread) {
      if (thread >= work.columns) return;
      shared.mean[thread] = static_cast<double>(moving[work.modality.moving_mean + thread]);
      shared.inverse[thread] =
          1.0 / std::sqrt(static_cast<double>(moving[work.modality.moving_variance + thread]) + norm_epsilon);
    });
  }
  block.each([&](int thread) {
    const int column = thread / lanes;
    if (column >= work.columns) return;
    for (int row = thread % lanes; row < work.rows; row += lanes) {
      const double raw = work.at(work.modality.raw, row, column);
      put_latent(work, launch.mode, row, column,
                 static_cast<float>((raw - shared.mean[column]) * shared.inverse[column]));
    }
    // The way back needs the factor: it stands behind the last row of the latents' gradient.
    if (thread % lanes == 0)
      work.at(work.modality.latent_gradient, work.group.batch, column) =
          static_cast<float>(shared.inverse[column]);
  });
}

/// Gradient of the couplings with respect to one latent.
CPLAE_DEVICE double coupling_gradient(const NormWork& work, int row, int column) {
  const int slot = work.lists.slot_of_row(work.m)[row];
  const int k = work.first + column;
  const double own = work.at(work.modality.latent, row, column);
  double gradient = 0;
  for (int other = 0; other < work.group.modalities; ++other) {
    if (other == work.m) continue;
    const int row_there = work.lists.row_of_slot(other)[slot];
    const int low = other < work.m ? other : work.m;
    const int high = other < work.m ? work.m : other;
    const PairNumbers pair(work.group, work.network, pair_of(work.group.modalities, low, high));
    if (row_there < 0 || pair.coupled() == 0) continue;
    const int side = work.m == low ? 0 : 1;
    const double there = work.at(work.group.modality_views[other].latent, row_there, column);
    gradient += pair.distance()[k] * (own - there) + pair.spread(side)[k] * (own - pair.mean(side)[k]) +
                pair.projection(side)[slot] * pair.direction(side)[k];
  }
  return gradient;
}

/// Gradient of one latent from the decoders: its own, then, with augmented encoders, all that it feeds.
CPLAE_DEVICE double decoder_gradient(const NormWork& work, Mode mode, int row, int column) {
  const int slot = work.lists.slot_of_row(work.m)[row];
  const auto from = [&](int decoder, int fed) {
    return static_cast<double>(work.at(work.group.modality_views[decoder].feed_gradient, fed, column) *
                               latent_keep(work, mode, decoder, slot, column));
  };
  double gradient = from(work.m, row);
  if (work.group.augment_encoders == 0) return gradient;
  for (int decoder = 0; decoder < work.group.modalities; ++decoder) {
    const int fed = decoder == work.m ? -1 : work.lists.feed_of_slot(decoder, work.m)[slot];
    if (fed >= 0) gradient += from(decoder, fed);
  }
  return gradient;
}

/// Gradient of the encoder's outputs from those of the latents: the decoders' and the couplings'.
template <class Block>
CPLAE_DEVICE void normalise_back_kernel(const Block& block, NormShared& shared, const Launch& launch) {
  const NormWork work(launch, block.place(), block.network());
  if (work.rows == 0) return;
  block.each([&](int thread) {
    const int column = thread / lanes;
    if (column >= work.columns) return;
    for (int row = thread % lanes; row < work.rows; row += lanes) {
      work.at(work.modality.latent_gradient, row, column) = static_cast<float>(
          decoder_gradient(work, launch.mode, row, column) + coupling_gradient(work, row, column));
    }
  });
  const auto count = static_cast<double>(work.rows);
  sum_columns(block, shared.sums, work.columns, work.rows, [&](int row, int column) {
    return static_cast<double>(work.at(work.modality.latent_gradient, row, column));
  });
  block.each([&](int thread) {
    if (thread < work.columns) shared.mean[thread] = shared.sums.total[thread] / count;
  });
  sum_columns(block, shared.sums, work.columns, work.rows, [&](int row, int column) {
    return static_cast<double>(work.at(work.modality.latent_gradient, row, column)) *
           static_cast<double>(work.at(work.modality.latent, row, column));
  });
  block.each([&](int thread) {
    const int column = thread / lanes;
    if (column >= work.columns) return;
    const double along = shared.sums.total[column] / count;
    const double inverse = work.at(work.modality.latent_gradient, work.group.batch, column);
    for (int row = thread % lanes; row < work.rows; row += lanes) {
      const double gradient = work.at(work.modality.latent_gradient, row, column);
      const double latent = work.at(work.modality.latent, row, column);
      work.at(work.modality.raw_gradient, row, column) =
          static_cast<float>(inverse * (gradient - shared.mean[column] - latent * along));
    }
  });
}

}  // namespace cplae::engine::cuda
