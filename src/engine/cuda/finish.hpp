#pragma once
// The terms of a step's loss, and those of validation.
#include "engine/cuda/group.hpp"
#include "engine/cuda/reduce.hpp"

namespace cplae::engine::cuda {

struct FinishShared {
  SumShared sums;
  double total;
};

/// Squared errors of the rows of a decoder that one source feeds; the sum stands in shared.sums.total[0].
template <class Block>
CPLAE_DEVICE void sum_errors(const Block& block, FinishShared& shared, const ModalityView& modality,
                             const float* floats, int begin, int count) {
  const float* const errors = floats + modality.row_losses + std::int64_t{begin} * modality.loss_columns;
  sum_rows(block, shared.sums, std::int64_t{count} * modality.loss_columns,
           [&](std::int64_t i) { return static_cast<double>(errors[i]); });
}

/// Adds the terms of a training step to their sums, and counts the step.
template <class Block>
CPLAE_DEVICE void finish_kernel(const Block& block, FinishShared& shared, const Launch& launch) {
  const Group& group = launch.group;
  const int network = launch.first_network + block.network();
  const Lists lists(group, network);
  const float* const floats = group.floats + network * group.float_count;
  double* const terms = group.term_sums + std::int64_t{network} * group.terms;
  block.each([&](int thread) {
    if (thread == 0) shared.total = 0;
  });
  for (int m = 0; m < group.modalities; ++m)
    for (int source = 0; source < group.modalities; ++source) {
      const ModalityView& modality = group.modality_views[m];
      const int count = lists.feed_count(m, source);
      if (count == 0) continue;
      sum_errors(block, shared, modality, floats, lists.feed_begin(m, source), count);
      block.each([&](int thread) {
        if (thread != 0) return;
        const double error = shared.sums.total[0] / (static_cast<double>(count) * modality.features);
        if (source == m) terms[1 + m] += error;
        shared.total +=
            static_cast<double>(group.modality_rules[network * group.modalities + m].alpha) * error;
      });
    }
  block.each([&](int thread) {
    if (thread != 0) return;
    const double lambda = group.network_rules[network].lambda;
    for (int pair = 0; pair < group.pairs; ++pair) {
      const double term = PairNumbers(group, network, pair).term();
      terms[1 + group.modalities + pair] += term;
      if (lambda > 0) shared.total += lambda * term;
    }
    terms[0] += shared.total;
    group.step[network] += 1;
  });
}

/// Adds a chunk to the sums of validation; the first one clears them.
template <class Block>
CPLAE_DEVICE void judge_kernel(const Block& block, FinishShared& shared, const Launch& launch) {
  const Group& group = launch.group;
  const int network = launch.first_network + block.network();
  const Lists lists(group, network);
  const float* const floats = group.floats + network * group.float_count;
  const int count = judged_of(group.modalities, group.pairs);
  double* const sums = group.judged + std::int64_t{network} * count;
  block.each([&](int thread) {
    if (launch.chunk == 0)
      for (int i = thread; i < count; i += wide)
        sums[i] = 0;
  });
  for (int m = 0; m < group.modalities; ++m) {
    if (lists.rows(m) == 0) continue;
    sum_errors(block, shared, group.modality_views[m], floats, 0, lists.rows(m));
    block.each([&](int thread) {
      if (thread == 0) sums[m] += shared.sums.total[0];
    });
  }
  block.each([&](int thread) {
    for (int pair = thread; pair < group.pairs; pair += wide) {
      const PairNumbers numbers(group, network, pair);
      if (numbers.pairs() == 0) continue;
      for (int k = 0; k < group.latent; ++k)
        sums[group.modalities + 2 * pair] += numbers.distance()[k];
      sums[group.modalities + 2 * pair + 1] += numbers.pairs();
    }
  });
}

}  // namespace cplae::engine::cuda
