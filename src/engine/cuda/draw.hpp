#pragma once
// The batch of a step and its lists of rows; the input of the encoders.
#include <cmath>

#include "engine/cuda/group.hpp"
#include "engine/cuda/philox.hpp"
#include "engine/cuda/reduce.hpp"

namespace cplae::engine::cuda {

struct DrawShared {
  int counts[2][wide];
};

/// Numbers the slots for which has(slot) is true, in order: put(slot, number), or put(slot, -1). Returns how
/// many there are.
template <class Block, class Has, class Put>
CPLAE_DEVICE int number_slots(const Block& block, DrawShared& shared, int slots, const Has& has,
                              const Put& put) {
  const int share = (slots + wide - 1) / wide;
  typename Block::template PerThread<int> own;
  block.each([&](int thread) {
    int count = 0;
    for (int slot = thread * share; slot < slots && slot < (thread + 1) * share; ++slot)
      count += has(slot) ? 1 : 0;
    own[thread] = count;
    shared.counts[0][thread] = count;
  });
  int from = 0;
  for (int reach = 1; reach < wide; reach *= 2) {
    block.each([&](int thread) {
      const int before = thread >= reach ? shared.counts[from][thread - reach] : 0;
      shared.counts[1 - from][thread] = shared.counts[from][thread] + before;
    });
    from = 1 - from;
  }
  const int total = shared.counts[from][wide - 1];
  block.each([&](int thread) {
    int number = shared.counts[from][thread] - own[thread];
    for (int slot = thread * share; slot < slots && slot < (thread + 1) * share; ++slot)
      put(slot, has(slot) ? number++ : -1);
  });
  return total;
}

/// Rows of a decoder: its own modality's latents, then those of the others, in order.
template <class Block>
CPLAE_DEVICE void list_feeds(const Block& block, DrawShared& shared, const Group& group, const Lists& lists,
                             int m, bool augment) {
  int begin = 0;
  for (int turn = 0; turn < group.modalities; ++turn) {
    const int source = turn == 0 ? m : (turn <= m ? turn - 1 : turn);
    const bool fed = source == m || (augment && lists.rows(m) > 0);
    const int* const own_row = lists.row_of_slot(m);
    const int* const source_row = lists.row_of_slot(source);
    int* const place = lists.feed_of_slot(m, source);
    const int count = number_slots(
        block, shared, group.batch,
        [&](int slot) { return fed && own_row[slot] >= 0 && source_row[slot] >= 0; },
        [&](int slot, int number) {
          place[slot] = number < 0 ? -1 : begin + number;
          if (number < 0) return;
          lists.feed_slot(m)[begin + number] = slot;
          lists.feed_source(m)[begin + number] = source;
        });
    block.each([&](int thread) {
      if (thread != 0) return;
      lists.feed_count(m, source) = count;
      lists.feed_begin(m, source) = begin;
    });
    begin += count;
  }
  block.each([&](int thread) {
    if (thread == 0) lists.feeds(m) = begin;
  });
}

/// Draws a step's batch (validation: takes the next held-out cells), and lists the rows of every encoder and
/// decoder.
template <class Block>
CPLAE_DEVICE void draw_kernel(const Block& block, DrawShared& shared, const Launch& launch) {
  const Group& group = launch.group;
  const int network = launch.first_network + block.network();
  const NetworkRules& rules = group.network_rules[network];
  const Lists lists(group, network);
  const bool training = launch.mode == Mode::training;
  block.each([&](int thread) {
    const std::int64_t step = group.step[network] + 1;
    const Stream stream(rules.key, {purpose_batch, 0, static_cast<std::uint64_t>(step)});
    for (int slot = thread; slot < group.batch; slot += wide) {
      const std::int64_t next = std::int64_t{launch.chunk} * group.batch + slot;
      if (training)
        lists.cell()[slot] = rules.cells[stream.below(rules.cell_count, slot)];
      else
        lists.cell()[slot] = next < rules.held_out_count ? rules.held_out[next] : -1;
    }
    if (thread != 0 || !training) return;
    const auto t = static_cast<double>(step);
    group.rate[network] = static_cast<float>(adam_rate(rules.rate, t));
    group.decay[network] = static_cast<float>(decay_factor(rules.rate, t));
  });
  // Fewer rows have no batch statistics.
  const int least_rows = training ? 2 : 1;
  for (int m = 0; m < group.modalities; ++m) {
    const ModalityView& modality = group.modality_views[m];
    const int count = number_slots(
        block, shared, group.batch,
        [&](int slot) {
          const int cell = lists.cell()[slot];
          return cell >= 0 && modality.present[cell] != 0;
        },
        [&](int slot, int number) {
          lists.row_of_slot(m)[slot] = number;
          if (number >= 0) lists.slot_of_row(m)[number] = slot;
        });
    block.each([&](int thread) {
      if (thread == 0) lists.rows(m) = count < least_rows ? 0 : count;
      if (count >= least_rows) return;
      for (int slot = thread; slot < group.batch; slot += wide)
        lists.row_of_slot(m)[slot] = -1;
    });
  }
  for (int m = 0; m < group.modalities; ++m)
    list_feeds(block, shared, group, lists, m, training && rules.augment != 0);
}

/// Four elements of an input: the cell's values, noised, then dropped.
struct alignas(16) Quad {
  float value[4];
};

/// As one load or store; the address is a multiple of sixteen bytes.
CPLAE_DEVICE Quad load_quad(const float* from) {
  return *reinterpret_cast<const Quad*>(from);
}
CPLAE_DEVICE void store_quad(float* to, const Quad& quad) {
  *reinterpret_cast<Quad*>(to) = quad;
}

/// Draws of elements 4 i to 4 i + 3 of a modality's input.
struct InputDraws {
  Quad noise;
  Quad keep;
};

CPLAE_DEVICE InputDraws input_draws(const NetworkRules& rules, const ModalityRules& own, int m,
                                    std::int64_t step, std::int64_t i) {
  InputDraws draws{{{0, 0, 0, 0}}, {{1, 1, 1, 1}}};
  const auto index = static_cast<std::uint32_t>(m);
  const auto number = static_cast<std::uint64_t>(step);
  if (own.noise != 0) {
    const Stream stream(rules.key, {purpose_input_noise, index, number});
    const Stream::Pair low = stream.normals(2 * i);
    const Stream::Pair high = stream.normals(2 * i + 1);
    draws.noise = {{low.value[0], low.value[1], high.value[0], high.value[1]}};
  }
  if (own.dropped_below > 0) {
    // Eight elements a block: these are its first or its last four.
    const Words words = Stream(rules.key, {purpose_input_dropout, index, number}).block(i / 2);
    CPLAE_UNROLL
    for (int j = 0; j < 4; ++j) {
      const std::uint32_t bits = Stream::half_of(words[i % 2 * 2 + j / 2], j);
      draws.keep.value[j] = bits < own.dropped_below ? 0.0F : own.kept;
    }
  }
  return draws;
}

/// Blocks that `input_kernel` takes for one modality.
CPLAE_DEVICE std::int64_t input_blocks(std::int64_t batch, std::int64_t features) {
  const std::int64_t whole = (batch * features + 3) / 4;
  return (whole + wide - 1) / wide;
}

/// What one block works at: some elements of one modality's input.
struct InputWork {
  const Group& group;
  int network, m;
  std::int64_t place;
  Lists lists;
  ModalityView modality;
  ModalityRules own;
  float* input;
  const float* noise_sd;  ///< null: none

  CPLAE_DEVICE InputWork(const Launch& launch, std::int64_t block_place, int block_network)
      : group(launch.group),
        network(launch.first_network + block_network),
        m(0),
        place(block_place),
        lists(group, network) {
    while (place >= input_blocks(group.batch, group.modality_views[m].features))
      place -= input_blocks(group.batch, group.modality_views[m++].features);
    modality = group.modality_views[m];
    own = group.modality_rules[network * group.modalities + m];
    input = group.floats + network * group.float_count + modality.input;
    const bool noised = own.noise != 0 && launch.mode == Mode::training;
    noise_sd = noised ? modality.noise + std::int64_t{network} * modality.features : nullptr;
  }

  /// Of a feature of a slot's cell.
  [[nodiscard]] CPLAE_DEVICE const float* value(int slot, int feature) const {
    return modality.values + std::int64_t{lists.cell()[slot]} * modality.features + feature;
  }
  [[nodiscard]] CPLAE_DEVICE float* entered(int row, int feature) const {
    return input + std::int64_t{row} * modality.input_stride + feature;
  }
};

CPLAE_DEVICE float entering(float value, float noise, float keep) {
  return (value + noise) * keep;
}

/// Four features of one slot.
CPLAE_DEVICE void put_whole_quad(const InputWork& work, const InputDraws& draws, int slot, int feature) {
  const int row = work.lists.row_of_slot(work.m)[slot];
  if (row < 0) return;
  Quad quad = load_quad(work.value(slot, feature));
  Quad sd{{0, 0, 0, 0}};
  if (work.noise_sd != nullptr) sd = load_quad(work.noise_sd + feature);
  CPLAE_UNROLL
  for (int j = 0; j < 4; ++j)
    quad.value[j] = entering(quad.value[j], draws.noise.value[j] * sd.value[j], draws.keep.value[j]);
  store_quad(work.entered(row, feature), quad);
}

/// Four elements that may be of two slots or more, and of no slot from `elements` on.
CPLAE_DEVICE void put_quad(const InputWork& work, const InputDraws& draws, std::int64_t first,
                           std::int64_t elements) {
  auto slot = static_cast<int>(first / work.modality.features);
  auto feature = static_cast<int>(first % work.modality.features);
  CPLAE_UNROLL
  for (int j = 0; j < 4; ++j) {
    const int row = first + j < elements ? work.lists.row_of_slot(work.m)[slot] : -1;
    if (row >= 0) {
      const float sd = work.noise_sd != nullptr ? work.noise_sd[feature] : 0.0F;
      *work.entered(row, feature) =
          entering(*work.value(slot, feature), draws.noise.value[j] * sd, draws.keep.value[j]);
    }
    if (++feature == work.modality.features) {
      feature = 0;
      ++slot;
    }
  }
}

/// Gathers the rows of a modality's cells, adds noise and drops entries. An element's number counts slots of
/// the whole batch.
template <class Block>
CPLAE_DEVICE void input_kernel(const Block& block, const Launch& launch) {
  const InputWork work(launch, block.place(), block.network());
  block.each([&](int thread) {
    const std::int64_t first = 4 * (work.place * wide + thread);
    const int features = work.modality.features;
    const std::int64_t elements = std::int64_t{work.group.batch} * features;
    if (first >= elements) return;
    InputDraws draws{{{0, 0, 0, 0}}, {{1, 1, 1, 1}}};
    if (launch.mode == Mode::training)
      draws = input_draws(work.group.network_rules[work.network], work.own, work.m,
                          work.group.step[work.network] + 1, first / 4);
    if (features % 4 == 0)
      put_whole_quad(work, draws, static_cast<int>(first / features), static_cast<int>(first % features));
    else
      put_quad(work, draws, first, elements);
  });
}

}  // namespace cplae::engine::cuda
