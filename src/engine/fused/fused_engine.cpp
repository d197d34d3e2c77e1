#include "engine/fused/fused_engine.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "cplae/study/feature_counts.hpp"
#include "engine/fused/arm.hpp"
#include "engine/rate.hpp"
#include "engine/sampling.hpp"

namespace cplae::engine {

namespace {

using fused::Arm;
using fused::padded;

/// Cells of validation and inference pass in blocks of so many.
constexpr std::size_t inference_rows = 240;

/// All in one, but where weights decay and biases do not.
std::vector<fused::TiledLayout::Range> update_ranges(const fused::TiledLayout& tiled,
                                                     const RateRules& rules) {
  if (rules.weight_decay > 0) return tiled.ranges();
  return {{.offset = 0, .floats = tiled.floats(), .is_weight = true}};
}

class FusedEngine final : public Engine {
public:
  FusedEngine(const Subject& subject, const fused::Kernels& kernels)
      : subject_(subject),
        kernels_(kernels),
        layout_(model::make_layout(subject.spec, feature_counts(subject.spec, subject.data))),
        tiled_(layout_),
        buffers_(tiled_),
        moving_(layout_.moving_floats),
        training_cells_(engine::training_cells(subject.data, subject.split)),
        held_out_(cells_of(subject.split, false)),
        rows_(subject.data, subject.spec.modalities.size(), rows_at_most()),
        coupling_(subject.spec, rows_at_most()),
        rules_(rate_rules(subject.spec.training)),
        updated_(update_ranges(tiled_, rules_)),
        terms_(terms_of(subject.spec)) {
    for (std::size_t m = 0; m < modalities(); ++m)
      arms_.push_back(std::make_unique<Arm>(
          kernels_, subject.spec, m, subject.data.trained(m),
          noise_scale(subject.spec.modalities[m], subject.data.trained(m), training_cells_),
          fused::NetworkParts{layout_, tiled_, buffers_, moving_}, rows_at_most()));
    cells_.reserve(rows_at_most());
    sources_.reserve(modalities());
    FusedEngine::load(0, initial_state(subject));
  }

  [[nodiscard]] std::size_t networks() const override { return 1; }

  void load(std::size_t, const State& state) override {
    set_weights(state.weights);
    tiled_.tile(state.first_moment, buffers_.first_moment);
    tiled_.tile(state.second_moment, buffers_.second_moment);
    term_sums_ = state.term_sums;
  }

  [[nodiscard]] State save(std::size_t network) override {
    return {weights(network), tiled_.flat(buffers_.first_moment), tiled_.flat(buffers_.second_moment),
            term_sums_};
  }

  [[nodiscard]] model::Weights weights(std::size_t) override {
    return {tiled_.flat(buffers_.parameters), moving_};
  }

  void advance(std::int64_t from, std::int64_t to) override {
    for (std::int64_t number = from + 1; number <= to; ++number)
      step(number);
  }

  [[nodiscard]] std::vector<std::vector<double>> take_term_sums() override {
    return {std::exchange(term_sums_, std::vector<double>(terms_.size(), 0.0))};
  }

  [[nodiscard]] std::vector<std::vector<double>> validate() override;
  [[nodiscard]] std::vector<MatrixF> latents(std::size_t network, const model::Weights& with) override;

private:
  [[nodiscard]] std::size_t modalities() const { return subject_.spec.modalities.size(); }
  [[nodiscard]] std::size_t rows_at_most() const {
    return std::max(static_cast<std::size_t>(subject_.spec.training.batch), inference_rows);
  }

  void set_weights(const model::Weights& weights) {
    tiled_.tile(weights.parameters, buffers_.parameters);
    // In place: the arms point into it.
    std::copy(weights.moving.begin(), weights.moving.end(), moving_.begin());
  }

  void step(std::int64_t number);
  void draw(std::int64_t number);
  /// Decodes one modality: errors, their gradients, and what they say to its latents.
  void reconstruct(std::size_t m, std::int64_t number);
  void feed_decoder(std::size_t m, std::int64_t number);
  void couple();
  void update(std::int64_t number);
  /// Adds the validation terms of `cells_`, and what they are means over.
  void add_validation(std::vector<double>& sums, std::vector<double>& counts);
  /// Encodes `cells_` in inference mode.
  void infer();

  Subject subject_;
  const fused::Kernels& kernels_;
  model::Layout layout_;
  fused::TiledLayout tiled_;
  fused::NetworkBuffers buffers_;
  std::vector<float> moving_;
  std::vector<std::int64_t> training_cells_;
  std::vector<std::int64_t> held_out_;
  std::vector<std::int64_t> cells_;  ///< of the batch, by slot
  fused::RowLists rows_;
  fused::Coupling coupling_;
  std::vector<std::unique_ptr<Arm>> arms_;
  std::vector<std::size_t> sources_;  ///< modality whose latents each feed of the decoder at work has
  RateRules rules_;
  std::vector<fused::TiledLayout::Range> updated_;  ///< of the parameters, one call of Adam's kernel each
  std::vector<double> terms_;                       ///< of the step
  std::vector<double> term_sums_;
};

void FusedEngine::draw(std::int64_t number) {
  cells_.resize(static_cast<std::size_t>(subject_.spec.training.batch));
  draw_batch(training_cells_, subject_.key, number, cells_);
  rows_.assign(cells_);
}

void FusedEngine::step(std::int64_t number) {
  draw(number);
  std::fill(terms_.begin(), terms_.end(), 0.0);
  for (std::size_t m = 0; m < modalities(); ++m)
    arms_[m]->encode(cells_, rows_.slots(m), subject_.key, number);
  for (std::size_t m = 0; m < modalities(); ++m)
    if (arms_[m]->latents().usable()) reconstruct(m, number);
  couple();
  for (auto& arm : arms_)
    arm->finish();
  update(number);
  for (std::size_t t = 0; t < terms_.size(); ++t)
    term_sums_[t] += terms_[t];
}

void FusedEngine::reconstruct(std::size_t m, std::int64_t number) {
  feed_decoder(m, number);
  const double alpha = subject_.spec.modalities[m].alpha;
  fused::Decoder& decoder = arms_[m]->decoder();
  decoder.train(alpha);
  for (std::size_t f = 0; f < (subject_.spec.coupling.augment_encoders ? decoder.feeds() : 1); ++f)
    decoder.add_latent_derivatives(f, arms_[sources_[f]]->latents());
  terms_[1 + m] = decoder.error(0);
  for (std::size_t f = 0; f < decoder.feeds(); ++f)
    terms_[0] += alpha * decoder.error(f);
}

void FusedEngine::couple() {
  const double lambda = subject_.spec.coupling.lambda;
  for (std::size_t i = 0, pair = 0; i < modalities(); ++i)
    for (std::size_t j = i + 1; j < modalities(); ++j, ++pair) {
      const double loss = coupling_.add(arms_[i]->latents(), arms_[j]->latents(), rows_.shared(pair));
      terms_[1 + modalities() + pair] = loss;
      if (lambda > 0) terms_[0] += lambda * loss;
    }
}

/// Its own latents, then, where decoders are augmented, those of every other modality for the cells that have
/// both.
void FusedEngine::feed_decoder(std::size_t m, std::int64_t number) {
  fused::Decoder& decoder = arms_[m]->decoder();
  const auto stream = [&](std::size_t source) {
    return fused::stream_of(subject_.key, Purpose::decoder_dropout, decoder_stream(m, source), number);
  };
  decoder.clear();
  sources_.assign(1, m);
  decoder.feed(arms_[m]->latents(), nullptr, rows_.slots(m), cells_);
  decoder.drop(rows_.slots(m), stream(m));
  if (!subject_.spec.coupling.augment_decoders || subject_.spec.coupling.lambda <= 0) return;
  for (std::size_t s = 0; s < modalities(); ++s) {
    if (s == m || !arms_[s]->latents().usable()) continue;
    const fused::SharedRows& shared = rows_.shared(fused::pair_of(modalities(), m, s));
    if (shared.slots.empty()) continue;
    decoder.feed(arms_[s]->latents(), m < s ? &shared.second : &shared.first, shared.slots, cells_);
    decoder.drop(shared.slots, stream(s));
    sources_.push_back(s);
  }
}

void FusedEngine::update(std::int64_t number) {
  const auto t = static_cast<double>(number);
  const auto rate = static_cast<float>(adam_rate(rules_, t));
  const auto decay = static_cast<float>(decay_factor(rules_, t));
  for (const auto& range : updated_)
    kernels_.adam({.parameters = buffers_.parameters.data() + range.offset,
                   .first = buffers_.first_moment.data() + range.offset,
                   .second = buffers_.second_moment.data() + range.offset,
                   .gradients = buffers_.gradients.data() + range.offset,
                   .count = range.floats,
                   .rate = rate,
                   .decay = range.is_weight ? decay : 1.0F});
}

void FusedEngine::infer() {
  rows_.assign(cells_);
  for (std::size_t m = 0; m < modalities(); ++m)
    arms_[m]->infer(cells_, rows_.slots(m));
}

void FusedEngine::add_validation(std::vector<double>& sums, std::vector<double>& counts) {
  infer();
  for (std::size_t m = 0; m < modalities(); ++m) {
    if (rows_.slots(m).empty()) continue;
    sums[1 + m] += arms_[m]->squared_error(rows_.slots(m), cells_);
    counts[1 + m] += static_cast<double>(rows_.slots(m).size()) *
                     static_cast<double>(subject_.data.trained(m).values.cols());
  }
  for (std::size_t i = 0, at = 1 + modalities(), pair = 0; i < modalities(); ++i)
    for (std::size_t j = i + 1; j < modalities(); ++j, ++at, ++pair) {
      const fused::SharedRows& shared = rows_.shared(pair);
      sums[at] += fused::squared_distance(arms_[i]->latents(), arms_[j]->latents(), shared);
      counts[at] +=
          static_cast<double>(shared.slots.size()) * static_cast<double>(subject_.spec.training.latent_dim);
    }
}

std::vector<std::vector<double>> FusedEngine::validate() {
  std::vector<double> counts(terms_.size(), 0.0);
  std::vector<double> sums(terms_.size(), 0.0);
  for (std::size_t begin = 0; begin < held_out_.size(); begin += inference_rows) {
    const std::size_t end = std::min(begin + inference_rows, held_out_.size());
    cells_.assign(held_out_.begin() + static_cast<std::ptrdiff_t>(begin),
                  held_out_.begin() + static_cast<std::ptrdiff_t>(end));
    add_validation(sums, counts);
  }
  for (std::size_t t = 1; t < sums.size(); ++t) {
    sums[t] = counts[t] > 0 ? sums[t] / counts[t] : 0.0;
    sums[0] += sums[t];
  }
  return {sums};
}

std::vector<MatrixF> FusedEngine::latents(std::size_t network, const model::Weights& with) {
  const model::Weights now = weights(network);
  set_weights(with);
  const auto cells = static_cast<Eigen::Index>(subject_.split.size());
  const auto dim = static_cast<Eigen::Index>(subject_.spec.training.latent_dim);
  std::vector<MatrixF> all(modalities(),
                           MatrixF::Constant(cells, dim, std::numeric_limits<float>::quiet_NaN()));
  for (std::size_t begin = 0; begin < subject_.split.size(); begin += inference_rows) {
    cells_.resize(std::min(inference_rows, subject_.split.size() - begin));
    std::iota(cells_.begin(), cells_.end(), static_cast<std::int64_t>(begin));
    infer();
    for (std::size_t m = 0; m < modalities(); ++m) {
      const auto& slots = rows_.slots(m);
      for (std::size_t r = 0; r < slots.size(); ++r)
        for (Eigen::Index k = 0; k < dim; ++k)
          all[m](cells_[slots[r]], k) = static_cast<float>(
              arms_[m]->latents().values[r * static_cast<std::size_t>(dim) + static_cast<std::size_t>(k)]);
    }
  }
  set_weights(now);
  return all;
}

}  // namespace

std::unique_ptr<Engine> make_fused_engine(const Subject& subject, const fused::Kernels& kernels) {
  return std::make_unique<FusedEngine>(subject, kernels);
}

}  // namespace cplae::engine
