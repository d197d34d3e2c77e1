#include "engine/cuda/group_engine.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/study/feature_counts.hpp"
#include "engine/cuda/memory.hpp"
#include "engine/cuda/plan.hpp"

namespace cplae::engine::cuda {

namespace {

/// Steps between two looks at the stop signal: tens of milliseconds.
constexpr std::int64_t steps_of_a_stride = 50;

void require_one_shape(const std::vector<Subject>& subjects) {
  const auto shape = [](const Subject& subject) {
    study::NetworkSpec spec = subject.spec;
    spec.coupling = {.augment_encoders = subject.spec.coupling.augment_encoders};
    study::TrainingSpec training;
    training.latent_dim = spec.training.latent_dim;
    training.batch = spec.training.batch;
    training.precision = spec.training.precision;
    spec.training = training;
    for (auto& modality : spec.modalities) {
      study::ModalitySpec kept;
      kept.name = modality.name;
      kept.hidden = modality.hidden;
      modality = kept;
    }
    return spec;
  };
  if (subjects.empty()) throw Error("a group of networks: found none, expected at least one");
  for (const Subject& subject : subjects)
    if (shape(subject) != shape(subjects.front()) || &subject.data != &subjects.front().data)
      throw Error(
          "networks of a group: found different shapes or data, expected one layout, batch and precision, "
          "and "
          "encoders augmented in all or none");
}

class GroupEngine final : public Engine {
public:
  GroupEngine(const std::vector<Subject>& subjects, std::unique_ptr<Backend> backend,
              const GroupOptions& options)
      : backend_(std::move(backend)),
        plan_(make_plan(subjects.front().spec, feature_counts(subjects.front().spec, subjects.front().data),
                        options.chained)),
        group_(make_group(*backend_, plan_, subjects)),
        kept_{room<float>(*backend_, subjects.size() * plan_.layout.parameter_floats),
              room<float>(*backend_, subjects.size() * plan_.layout.moving_floats)},
        count_(static_cast<int>(subjects.size())),
        tensor_(subjects.front().spec.training.precision == study::Precision::tf32) {
    for (const Subject& subject : subjects)
      held_out_.push_back(std::count_if(subject.split.begin(), subject.split.end(),
                                        [](data::Role role) { return role != data::Role::train; }));
    for (std::size_t m = 0; m < subjects.front().spec.modalities.size(); ++m)
      present_.push_back(&subjects.front().data.trained(m).present);
    count_held_out(subjects);
    for (std::size_t n = 0; n < subjects.size(); ++n)
      GroupEngine::load(n, initial_state(subjects[n]));
  }

  [[nodiscard]] std::size_t networks() const override { return static_cast<std::size_t>(count_); }

  void load(std::size_t network, const State& state) override {
    numbers_.clear();
    put_weights(network, state.weights);
    upload(group_.first_moment, network, state.first_moment);
    upload(group_.second_moment, network, state.second_moment);
    upload(group_.term_sums, network, state.term_sums);
  }

  [[nodiscard]] State save(std::size_t network) override {
    return {weights(network), download(group_.first_moment, network, plan_.layout.parameter_floats),
            download(group_.second_moment, network, plan_.layout.parameter_floats), term_sums(network)};
  }

  [[nodiscard]] model::Weights weights(std::size_t network) override {
    return {download(group_.parameters, network, plan_.layout.parameter_floats),
            download(group_.moving, network, plan_.layout.moving_floats)};
  }

  void keep(std::size_t network) override {
    const Place at = place(network);
    backend_->copy(kept_.parameters + at.parameters, group_.parameters + at.parameters,
                   plan_.layout.parameter_floats * sizeof(float));
    backend_->copy(kept_.moving + at.moving, group_.moving + at.moving,
                   plan_.layout.moving_floats * sizeof(float));
  }

  [[nodiscard]] model::Weights kept(std::size_t network) override {
    return {download(kept_.parameters, network, plan_.layout.parameter_floats),
            download(kept_.moving, network, plan_.layout.moving_floats)};
  }

  [[nodiscard]] bool leaves_host_free() const override { return true; }
  [[nodiscard]] std::int64_t stride() const override { return steps_of_a_stride; }

  void advance(std::int64_t from, std::int64_t to) override {
    if (from >= to) return;
    numbers_.clear();
    if (from != step_) {
      const std::vector<std::int64_t> steps(networks(), from);
      backend_->upload(group_.step, steps.data(), steps.size() * sizeof(std::int64_t));
    }
    backend_->repeat([this] { step(); }, to - from);
    step_ = to;
  }

  [[nodiscard]] std::vector<std::vector<double>> take_term_sums() override {
    fetch_numbers();
    const auto terms = static_cast<std::ptrdiff_t>(group_.terms);
    std::vector<std::vector<double>> sums;
    for (std::ptrdiff_t n = 0; n < count_; ++n)
      sums.emplace_back(numbers_.begin() + n * terms, numbers_.begin() + (n + 1) * terms);
    backend_->clear(group_.term_sums, networks() * static_cast<std::size_t>(terms) * sizeof(double));
    numbers_.clear();
    return sums;
  }

  [[nodiscard]] std::vector<std::vector<double>> validate() override {
    const auto most = *std::max_element(held_out_.begin(), held_out_.end());
    const auto chunks = static_cast<int>((most + group_.batch - 1) / group_.batch);
    for (int chunk = 0; chunk < std::max(chunks, 1); ++chunk) {
      const Launch at = launch_of(Mode::validation, 0, chunk);
      encode(at, count_);
      for (const Level& level : plan_.decode)
        products(at, level, count_);
      launch(at, {Kernel::couple, group_.pairs, count_, false});
      launch(at, {Kernel::judge, 1, count_, false});
    }
    numbers_.clear();
    fetch_numbers();
    std::vector<std::vector<double>> terms;
    for (std::size_t n = 0; n < networks(); ++n)
      terms.push_back(validation_terms(n));
    return terms;
  }

  [[nodiscard]] std::vector<MatrixF> latents(std::size_t, const model::Weights& weights) override {
    const std::size_t spare = networks();
    put_weights(spare, weights);
    std::vector<MatrixF> all(present_.size(), MatrixF::Constant(group_.cells, group_.latent,
                                                                std::numeric_limits<float>::quiet_NaN()));
    for (int chunk = 0; chunk * std::int64_t{group_.batch} < group_.cells; ++chunk) {
      encode(launch_of(Mode::validation, count_, chunk), 1);
      for (std::size_t m = 0; m < all.size(); ++m)
        take_latents(m, chunk, all[m]);
    }
    return all;
  }

private:
  /// How many held-out cells of each network have each modality, which are the divisors of validation.
  void count_held_out(const std::vector<Subject>& subjects) {
    for (const Subject& subject : subjects) {
      std::vector<double> counts(present_.size(), 0.0);
      for (std::size_t cell = 0; cell < subject.split.size(); ++cell)
        for (std::size_t m = 0; m < present_.size(); ++m)
          if (subject.split[cell] != data::Role::train && (*present_[m])[cell] != 0) counts[m] += 1;
      held_out_counts_.push_back(counts);
    }
  }

  [[nodiscard]] Launch launch_of(Mode mode, int first_network, int chunk) const {
    return {group_, mode, first_network, 0, chunk};
  }

  void launch(const Launch& at, const Blocks& blocks) {
    if (blocks.places > 0) backend_->launch(at, blocks);
  }

  void products(Launch at, const Level& level, int networks) {
    at.first_tile = level.first_tile;
    launch(at, {level.kernel, level.tiles, networks, tensor_});
  }

  void encode(const Launch& at, int networks) {
    launch(at, {Kernel::draw, 1, networks, false});
    launch(at, {Kernel::input, plan_.input_places, networks, false});
    for (const Level& level : plan_.encode)
      products(at, level, networks);
    launch(at, {Kernel::normalise, plan_.normalise_places, networks, false});
  }

  void step() {
    const Launch at = launch_of(Mode::training, 0, 0);
    encode(at, count_);
    // Few blocks, and long ones: beside the decoders they cost nothing.
    backend_->fork([&] { launch(at, {Kernel::couple, group_.pairs, count_, false}); });
    for (const Level& level : plan_.decode)
      products(at, level, count_);
    for (const Level& level : plan_.decode_back)
      products(at, level, count_);
    backend_->join();
    launch(at, {Kernel::normalise_back, plan_.normalise_places, count_, false});
    for (const Level& level : plan_.encode_back)
      products(at, level, count_);
    products(at, plan_.weights, count_);
    launch(at, {Kernel::finish, 1, count_, false});
  }

  template <class T>
  void upload(T* base, std::size_t network, const std::vector<T>& values) {
    backend_->upload(base + network * values.size(), values.data(), values.size() * sizeof(T));
  }

  template <class T>
  [[nodiscard]] std::vector<T> download(const T* base, std::size_t network, std::size_t count) {
    std::vector<T> values(count);
    backend_->download(values.data(), base + network * count, count * sizeof(T));
    return values;
  }

  [[nodiscard]] std::vector<double> term_sums(std::size_t network) {
    return download(group_.term_sums, network, static_cast<std::size_t>(group_.terms));
  }

  /// Term sums and sums of validation of all networks, by one copy.
  void fetch_numbers() {
    if (!numbers_.empty()) return;
    const auto judged = static_cast<std::size_t>(judged_of(group_.modalities, group_.pairs));
    const auto of_one = static_cast<std::size_t>(group_.terms) + judged;
    numbers_ = download(group_.term_sums, 0, (networks() + 1) * of_one);
  }

  void put_weights(std::size_t network, const model::Weights& weights) {
    upload(group_.parameters, network, weights.parameters);
    upload(group_.moving, network, weights.moving);
  }

  [[nodiscard]] std::vector<double> validation_terms(std::size_t network) {
    const auto first = static_cast<std::size_t>(group_.judged - group_.term_sums);
    const auto each = static_cast<std::size_t>(judged_of(group_.modalities, group_.pairs));
    const double* const sums = numbers_.data() + first + network * each;
    std::vector<double> terms{0.0};
    for (std::size_t m = 0; m < present_.size(); ++m) {
      const double count = held_out_counts_[network][m] * plan_.modalities[m].features;
      terms.push_back(count > 0 ? sums[m] / count : 0.0);
    }
    for (std::size_t pair = 0; pair < plan_.pairs.size(); ++pair) {
      const double* const of_pair = &sums[present_.size() + 2 * pair];
      terms.push_back(of_pair[1] > 0 ? of_pair[0] / (of_pair[1] * group_.latent) : 0.0);
    }
    for (std::size_t i = 1; i < terms.size(); ++i)
      terms[0] += terms[i];
    return terms;
  }

  /// Latents of one chunk of all cells, from the spare network's buffers.
  void take_latents(std::size_t m, int chunk, MatrixF& all) {
    const std::size_t stride = static_cast<std::size_t>(group_.latent_stride);
    std::vector<float> rows(static_cast<std::size_t>(group_.batch) * stride);
    backend_->download(rows.data(), group_.floats + count_ * group_.float_count + plan_.modalities[m].latent,
                       rows.size() * sizeof(float));
    std::size_t row = 0;
    const std::int64_t first = std::int64_t{chunk} * group_.batch;
    for (std::int64_t cell = first; cell < std::min<std::int64_t>(first + group_.batch, group_.cells);
         ++cell) {
      if ((*present_[m])[static_cast<std::size_t>(cell)] == 0) continue;
      for (int k = 0; k < group_.latent; ++k)
        all(cell, k) = rows[row * stride + static_cast<std::size_t>(k)];
      ++row;
    }
  }

  /// Of a network's numbers.
  struct Place {
    std::size_t parameters, moving;
  };
  [[nodiscard]] Place place(std::size_t network) const {
    return {network * plan_.layout.parameter_floats, network * plan_.layout.moving_floats};
  }
  struct Kept {
    float* parameters;
    float* moving;
  };

  std::unique_ptr<Backend> backend_;
  Plan plan_;
  Group group_;
  Kept kept_;                    ///< [networks], the weights that were set aside
  std::vector<double> numbers_;  ///< as the device has them; empty = to be fetched
  int count_;
  bool tensor_;
  std::int64_t step_ = 0;  ///< of the device's counters
  std::vector<std::int64_t> held_out_;
  std::vector<std::vector<double>> held_out_counts_;  ///< [networks][modalities]
  std::vector<const std::vector<std::uint8_t>*> present_;
};

}  // namespace

std::unique_ptr<Engine> make_group_engine(const std::vector<Subject>& subjects,
                                          std::unique_ptr<Backend> backend, const GroupOptions& options) {
  require_one_shape(subjects);
  return std::make_unique<GroupEngine>(subjects, std::move(backend), options);
}

}  // namespace cplae::engine::cuda
