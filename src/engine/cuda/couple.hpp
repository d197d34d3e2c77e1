#pragma once
// The coupling of a pair of modalities: its term, and what its gradient is made of. In double precision
// throughout.
#include <cmath>

#include "engine/cuda/eigen.hpp"
#include "engine/cuda/group.hpp"
#include "engine/cuda/reduce.hpp"

namespace cplae::engine::cuda {

struct CoupleShared {
  SumShared sums;
  EigenShared eigen;
  double raw[2];  ///< what the divisor is the least of, of either side, where it is one number
  int finite;
  int least[2];  ///< place of the least eigenvalue
};

/// What one block works at: one pair of one network.
struct PairWork {
  const Group& group;
  const NetworkRules& rules;
  Lists lists;
  PairNumbers numbers;
  int modality[2];
  const float* latent[2];
  const int* row[2];

  CPLAE_DEVICE PairWork(const Launch& launch, int pair, int block_network)
      : group(launch.group),
        rules(group.network_rules[launch.first_network + block_network]),
        lists(group, launch.first_network + block_network),
        numbers(group, launch.first_network + block_network, pair),
        modality{group.pair_views[pair].first, group.pair_views[pair].second} {
    const float* const floats = group.floats + (launch.first_network + block_network) * group.float_count;
    for (int side = 0; side < 2; ++side) {
      latent[side] = floats + group.modality_views[modality[side]].latent;
      row[side] = lists.row_of_slot(modality[side]);
    }
  }

  [[nodiscard]] CPLAE_DEVICE bool has(int slot) const { return row[0][slot] >= 0 && row[1][slot] >= 0; }
  [[nodiscard]] CPLAE_DEVICE double at(int side, int slot, int k) const {
    return latent[side][std::int64_t{row[side][slot]} * group.latent_stride + k];
  }
  [[nodiscard]] CPLAE_DEVICE double centred(int side, int slot, int k) const {
    return at(side, slot, k) - numbers.mean(side)[k];
  }
};

/// put(column, sum over the pair's slots of value(slot, column)) for all columns, some at a time.
template <class Block, class Value, class Put>
CPLAE_DEVICE void sum_pair(const Block& block, CoupleShared& shared, const PairWork& work, int columns,
                           const Value& value, const Put& put) {
  for (int first = 0; first < columns; first += columns_at_once) {
    const int some = columns - first < columns_at_once ? columns - first : columns_at_once;
    sum_columns(block, shared.sums, some, work.group.batch,
                [&](int slot, int column) { return work.has(slot) ? value(slot, first + column) : 0.0; });
    block.each([&](int thread) {
      if (thread < some) put(first + thread, shared.sums.total[thread]);
    });
  }
}

/// Number of shared rows, means, and sums of squared distances by dimension.
template <class Block>
CPLAE_DEVICE void pair_sums(const Block& block, CoupleShared& shared, const PairWork& work) {
  const int d = work.group.latent;
  const PairNumbers& numbers = work.numbers;
  sum_pair(
      block, shared, work, 1, [](int, int) { return 1.0; }, [&](int, double sum) { numbers.pairs() = sum; });
  const double count = numbers.pairs();
  sum_pair(
      block, shared, work, 2 * d, [&](int slot, int column) { return work.at(column / d, slot, column % d); },
      [&](int column, double sum) { numbers.mean(column / d)[column % d] = sum / count; });
  sum_pair(
      block, shared, work, d,
      [&](int slot, int k) {
        const double difference = work.at(0, slot, k) - work.at(1, slot, k);
        return difference * difference;
      },
      [&](int k, double sum) { numbers.distance()[k] = sum; });
}

/// Covariances (divisor n - 1), their eigenvectors and the projections on those of the least eigenvalues.
template <class Block>
CPLAE_DEVICE void least_variances(const Block& block, CoupleShared& shared, const PairWork& work) {
  const int d = work.group.latent;
  const int size = d * d;
  const PairNumbers& numbers = work.numbers;
  const double divisor = numbers.pairs() - 1;
  sum_pair(
      block, shared, work, 2 * size,
      [&](int slot, int column) {
        const int side = column / size;
        return work.centred(side, slot, column % size / d) * work.centred(side, slot, column % d);
      },
      [&](int column, double sum) { numbers.covariance(column / size)[column % size] = sum / divisor; });
  decompose(block, shared.eigen, numbers, d);
  block.each([&](int side) {
    if (side >= 2) return;
    int least = 0;
    for (int k = 1; k < d; ++k)
      if (numbers.covariance(side)[k * d + k] < numbers.covariance(side)[least * d + least]) least = k;
    shared.least[side] = least;
    shared.raw[side] = numbers.covariance(side)[least * d + least];
  });
  block.each([&](int thread) {
    for (int slot = thread; slot < work.group.batch; slot += wide)
      for (int side = 0; side < 2; ++side) {
        double along = 0;
        if (work.has(slot))
          for (int k = 0; k < d; ++k)
            along += work.centred(side, slot, k) * numbers.vectors(side)[k * d + shared.least[side]];
        numbers.projection(side)[slot] = along;
      }
  });
}

/// Variances by dimension into `spread`, where they wait to become factors; their sums into raw.
template <class Block>
CPLAE_DEVICE void variances(const Block& block, CoupleShared& shared, const PairWork& work) {
  const int d = work.group.latent;
  const double divisor = work.numbers.pairs() - 1;
  sum_pair(
      block, shared, work, 2 * d,
      [&](int slot, int column) {
        const double centred = work.centred(column / d, slot, column % d);
        return centred * centred;
      },
      [&](int column, double sum) { work.numbers.spread(column / d)[column % d] = sum / divisor; });
  block.each([&](int side) {
    if (side >= 2) return;
    double sum = 0;
    for (int k = 0; k < d; ++k)
      sum += work.numbers.spread(side)[k];
    shared.raw[side] = sum;
  });
}

/// Share of the gradient of min(a, b) that goes to `side`.
CPLAE_DEVICE double share_of(double first, double second, int side) {
  if (first == second) return 0.5;
  return (first < second) == (side == 0) ? 1.0 : 0.0;
}

/// What the squared distance of dimension k is divided by.
struct Divisor {
  double value;
  double share[2];  ///< of its gradient, by side; 0 where the least divisor or a constant stands
};

CPLAE_DEVICE Divisor divisor_of(const CoupleShared& shared, const PairWork& work, int k) {
  if (shared.finite == 0) return {least_divisor, {0, 0}};
  if (work.rules.scale == Scale::none) return {1, {0, 0}};
  const bool single = work.rules.scale != Scale::per_dimension;
  const double first = single ? shared.raw[0] : work.numbers.spread(0)[k];
  const double second = single ? shared.raw[1] : work.numbers.spread(1)[k];
  const double least = first < second ? first : second;
  if (least < least_divisor) return {least_divisor, {0, 0}};
  return {least, {share_of(first, second, 0), share_of(first, second, 1)}};
}

/// Turns sums into the factors of the gradient: of z - z', of z - mean, of the projection.
template <class Block>
CPLAE_DEVICE void make_factors(const Block& block, const CoupleShared& shared, const PairWork& work) {
  const int d = work.group.latent;
  const PairNumbers& numbers = work.numbers;
  const double count = numbers.pairs();
  const double weight = work.rules.lambda;
  typename Block::template PerThread<double> total;
  block.each([&](int thread) {
    total[thread] = 0;
    for (int k = 0; k < d; ++k)
      total[thread] += numbers.distance()[k];
  });
  const bool single = work.rules.scale != Scale::per_dimension;
  const bool projected = work.rules.scale == Scale::min_singular_value;
  block.each([&](int thread) {
    for (int k = thread; k < d; k += wide) {
      const Divisor divisor = divisor_of(shared, work, k);
      const double distance = single ? total[thread] : numbers.distance()[k];
      const double slope = -weight * distance / (count * divisor.value * divisor.value) * 2 / (count - 1);
      for (int side = 0; side < 2; ++side) {
        const double factor = divisor.share[side] == 0 ? 0.0 : slope * divisor.share[side];
        numbers.direction(side)[k] =
            projected && factor != 0 ? factor * numbers.vectors(side)[k * d + shared.least[side]] : 0.0;
        numbers.divisor()[k] = divisor.value;
        numbers.spread(side)[k] = projected ? 0.0 : factor;
      }
    }
  });
  block.each([&](int thread) {
    if (thread == 0) {
      double term = 0;
      for (int k = 0; k < d; ++k)
        term += numbers.distance()[k] / numbers.divisor()[k];
      numbers.term() = term / count;
      numbers.coupled() = weight > 0 ? 1 : 0;
    }
  });
  block.each([&](int thread) {
    for (int k = thread; k < d; k += wide)
      numbers.distance()[k] = 2 * weight / (count * numbers.divisor()[k]);
  });
}

/// The coupling of each pair in a training step; in validation only its sums.
template <class Block>
CPLAE_DEVICE void couple_kernel(const Block& block, CoupleShared& shared, const Launch& launch) {
  const PairWork work(launch, block.place(), block.network());
  const int d = work.group.latent;
  pair_sums(block, shared, work);
  if (launch.mode == Mode::validation) return;
  if (work.numbers.pairs() <= d + 1) {
    block.each([&](int thread) {
      if (thread != 0) return;
      work.numbers.coupled() = 0;
      work.numbers.term() = 0;
    });
    return;
  }
  block.each([&](int thread) {
    if (thread != 0) return;
    double sum = 0;
    for (int k = 0; k < d; ++k)
      sum += work.numbers.mean(0)[k] + work.numbers.mean(1)[k];
    shared.finite = std::isfinite(sum) ? 1 : 0;
  });
  const bool finite = shared.finite != 0;
  block.each([&](int thread) {
    for (int slot = thread; slot < work.group.batch; slot += wide)
      work.numbers.projection(0)[slot] = work.numbers.projection(1)[slot] = 0;
  });
  if (finite && work.rules.scale == Scale::min_singular_value) least_variances(block, shared, work);
  if (finite && (work.rules.scale == Scale::per_dimension || work.rules.scale == Scale::norm))
    variances(block, shared, work);
  make_factors(block, shared, work);
}

}  // namespace cplae::engine::cuda
