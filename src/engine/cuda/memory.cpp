#include "engine/cuda/memory.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/sampling.hpp"

namespace cplae::engine::cuda {

namespace {

/// The data of one modality as the kernels read them.
void put_data(Backend& backend, const data::Modality& modality, ModalityView& view) {
  const auto size = static_cast<std::size_t>(modality.values.size());
  std::vector<float> values(modality.values.data(), modality.values.data() + size);
  std::vector<std::uint8_t> observed(size, 1);
  const auto features = static_cast<std::size_t>(modality.values.cols());
  bool complete = true;
  for (std::size_t i = 0; i < size; ++i) {
    if (!std::isnan(values[i])) continue;
    values[i] = 0;
    observed[i] = 0;
    complete = complete && modality.present[i / features] == 0;
  }
  view.values = put(backend, values);
  view.observed = complete ? nullptr : put(backend, observed);
  view.present = put(backend, modality.present);
}

std::vector<int> to_ints(const std::vector<std::int64_t>& cells) {
  std::vector<int> ints;
  for (const auto cell : cells)
    ints.push_back(static_cast<int>(cell));
  return ints;
}

NetworkRules rules_of(Backend& backend, const Subject& subject) {
  const auto cells = to_ints(training_cells(subject.data, subject.split));
  const auto held_out = to_ints(cells_of(subject.split, false));
  NetworkRules rules{};
  rules.key = static_cast<std::uint64_t>(subject.key);
  rules.rate = rate_rules(subject.spec.training);
  rules.lambda = subject.spec.coupling.lambda;
  rules.scale = static_cast<Scale>(subject.spec.coupling.scale);
  rules.augment = subject.spec.coupling.augment_decoders && rules.lambda > 0 ? 1 : 0;
  rules.cells = put(backend, cells);
  rules.cell_count = static_cast<std::int64_t>(cells.size());
  rules.held_out = put(backend, held_out);
  rules.held_out_count = static_cast<std::int64_t>(held_out.size());
  return rules;
}

ModalityRules rules_of(const study::ModalitySpec& spec) {
  const Dropout input(spec.dropout);
  const Dropout decoder(spec.decoder_dropout);
  ModalityRules rules{};
  rules.alpha = static_cast<float>(spec.alpha);
  rules.dropped_below = input.threshold;
  rules.kept = input.scale;
  rules.decoder_dropped_below = decoder.threshold;
  rules.decoder_kept = decoder.scale;
  rules.noise = spec.noise_sd > 0 ? 1 : 0;
  rules.relu = spec.output == study::Output::relu ? 1 : 0;
  return rules;
}

/// SD of the noise of every network and feature; null where no network has any.
const float* put_noise(Backend& backend, const std::vector<Subject>& subjects, std::size_t m) {
  std::vector<float> all;
  bool any = false;
  for (const Subject& subject : subjects) {
    auto scale = noise_scale(subject.spec.modalities[m], subject.data.trained(m),
                             training_cells(subject.data, subject.split));
    any = any || !scale.empty();
    scale.resize(static_cast<std::size_t>(subject.data.trained(m).values.cols()), 0.0F);
    all.insert(all.end(), scale.begin(), scale.end());
  }
  return any ? put(backend, all) : nullptr;
}

std::vector<NetworkRules> all_network_rules(Backend& backend, const std::vector<Subject>& subjects) {
  std::vector<NetworkRules> rules;
  for (const Subject& subject : subjects)
    rules.push_back(rules_of(backend, subject));
  std::vector<int> everyone(subjects.front().split.size());
  std::iota(everyone.begin(), everyone.end(), 0);
  rules.push_back(rules.front());
  rules.back().held_out = put(backend, everyone);
  rules.back().held_out_count = static_cast<std::int64_t>(everyone.size());
  return rules;
}

std::vector<ModalityRules> all_modality_rules(const std::vector<Subject>& subjects) {
  std::vector<ModalityRules> rules;
  for (const Subject& subject : subjects)
    for (const auto& modality : subject.spec.modalities)
      rules.push_back(rules_of(modality));
  const std::size_t modalities = subjects.front().spec.modalities.size();
  for (std::size_t m = 0; m < modalities; ++m)
    rules.push_back(rules[m]);
  return rules;
}

void put_counts(const Plan& plan, const Subject& subject, Group& group) {
  group.parameter_count = static_cast<std::int64_t>(plan.layout.parameter_floats);
  group.moving_count = static_cast<std::int64_t>(plan.layout.moving_floats);
  group.float_count = plan.float_count;
  group.integer_count = plan.integer_count;
  group.double_count = plan.double_count;
  group.modalities = static_cast<int>(plan.modalities.size());
  group.pairs = static_cast<int>(plan.pairs.size());
  group.terms = plan.terms;
  group.latent = static_cast<int>(subject.spec.training.latent_dim);
  group.latent_stride = (group.latent + 15) / 16 * 16;
  group.batch = static_cast<int>(subject.spec.training.batch);
  group.cells = static_cast<int>(subject.split.size());
  group.augment_encoders = subject.spec.coupling.augment_encoders ? 1 : 0;
}

}  // namespace

Group make_group(Backend& backend, const Plan& plan, const std::vector<Subject>& subjects) {
  Group group{};
  put_counts(plan, subjects.front(), group);
  std::vector<ModalityView> views = plan.modalities;
  for (std::size_t m = 0; m < views.size(); ++m) {
    put_data(backend, subjects.front().data.trained(m), views[m]);
    views[m].noise = put_noise(backend, subjects, m);
  }
  group.modality_views = put(backend, views);
  group.pair_views = put(backend, plan.pairs);
  group.products = put(backend, plan.products);
  group.tiles = put(backend, plan.tiles);
  group.network_rules = put(backend, all_network_rules(backend, subjects));
  group.modality_rules = put(backend, all_modality_rules(subjects));
  const std::size_t all = subjects.size() + 1;
  const auto floats = [&](std::int64_t count) {
    return room<float>(backend, all * static_cast<std::size_t>(count));
  };
  group.parameters = floats(group.parameter_count);
  group.first_moment = floats(group.parameter_count);
  group.second_moment = floats(group.parameter_count);
  group.moving = floats(group.moving_count);
  group.floats = floats(group.float_count);
  group.integers = room<int>(backend, all * static_cast<std::size_t>(group.integer_count));
  group.doubles = room<double>(backend, all * static_cast<std::size_t>(group.double_count));
  const auto terms = static_cast<std::size_t>(group.terms);
  const auto judged = static_cast<std::size_t>(judged_of(group.modalities, group.pairs));
  group.term_sums = room<double>(backend, all * (terms + judged));
  group.judged = group.term_sums + all * terms;
  group.rate = floats(1);
  group.decay = floats(1);
  group.step = put(backend, std::vector<std::int64_t>(all, 0));
  return group;
}

}  // namespace cplae::engine::cuda
