#include "engine/cuda/plan.hpp"

#include <algorithm>
#include <string>

#include "engine/cuda/draw.hpp"
#include "engine/cuda/norm.hpp"
#include "engine/cuda/tile.hpp"

namespace cplae::engine::cuda {

namespace {

/// Rows of a buffer start at a multiple of 64 bytes.
constexpr std::int64_t alignment = 16;
/// A product of a layer between fewer units stays in FP32 when TF32 is asked for: it costs nothing, and
/// latents keep their digits.
constexpr int least_tensor_units = 16;

std::int64_t aligned(std::int64_t n) {
  return (n + alignment - 1) / alignment * alignment;
}

int tiles_along(int n) {
  return (n + tile_side - 1) / tile_side;
}

/// A buffer of rows in a network's floats.
struct Rows {
  std::int64_t at = 0;
  int stride = 0;
};

/// One dense layer of a modality's encoder or decoder, and the buffers on either side of it.
struct Layer {
  int in = 0;
  int out = 0;
  Rows inputs;
  Rows input_gradients;
  Rows outputs;
  Rows output_gradients;
  std::int64_t weight = 0;
  std::int64_t bias = 0;
};

class Planner {
public:
  Planner(const study::NetworkSpec& spec, const std::vector<std::int64_t>& features, bool chained)
      : spec_(spec), chained_(chained) {
    plan_.layout = model::make_layout(spec, features);
    const int k = modalities();
    plan_.terms = static_cast<int>(terms_of(spec));
    plan_.integer_count = aligned(Lists::count(k, batch()));
    plan_.normalise_places = k * norm_blocks(latent());
    for (std::size_t m = 0; m < features.size(); ++m)
      add_modality(m, static_cast<int>(features[m]));
    add_pairs();
    make_forward();
    make_back();
    make_weights();
  }

  Plan take() { return std::move(plan_); }

private:
  [[nodiscard]] int modalities() const { return static_cast<int>(spec_.modalities.size()); }
  /// Rows that a decoder may have.
  [[nodiscard]] std::int64_t most_fed() const { return std::int64_t{modalities()} * batch(); }
  [[nodiscard]] int batch() const { return static_cast<int>(spec_.training.batch); }
  [[nodiscard]] int latent() const { return static_cast<int>(spec_.training.latent_dim); }
  [[nodiscard]] bool every_source_learns() const { return spec_.coupling.augment_encoders; }

  Rows rows_of(std::int64_t rows, int width) {
    const Rows made{plan_.float_count, static_cast<int>(aligned(width))};
    plan_.float_count += rows * made.stride;
    return made;
  }

  [[nodiscard]] std::int64_t place(const std::string& name) const {
    return static_cast<std::int64_t>(plan_.layout.slot(name).offset);
  }

  /// Layers from `first` on, each with its output's buffers behind it.
  std::vector<Layer> stack(const std::string& name, const std::vector<int>& widths, const std::string& last,
                           Layer first, std::int64_t rows) {
    std::vector<Layer> layers;
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      Layer layer = first;
      layer.in = widths[i];
      layer.out = widths[i + 1];
      const bool is_last = i + 2 == widths.size();
      const std::string full = name + "/" + (is_last ? last : "fc" + std::to_string(i));
      layer.weight = place(full + "/weight");
      layer.bias = place(full + "/bias");
      layer.outputs = rows_of(rows, layer.out);
      // The outputs of a decoder are never kept: their gradient is made in their place.
      layer.output_gradients = is_last && last == "Xout" ? layer.outputs : rows_of(rows, layer.out);
      layers.push_back(layer);
      first.inputs = layer.outputs;
      first.input_gradients = layer.output_gradients;
    }
    return layers;
  }

  void add_modality(std::size_t m, int features) {
    const auto& modality = spec_.modalities[m];
    ModalityView view{};
    view.features = features;
    view.hidden = static_cast<int>(modality.hidden.size());
    view.decoder_width = modality.hidden.empty() ? latent() : static_cast<int>(modality.hidden.front());
    std::vector<int> widths{features};
    for (const auto units : modality.hidden)
      widths.push_back(static_cast<int>(units));
    widths.push_back(latent());
    const std::string name = modality.name;
    Layer first;
    first.inputs = rows_of(batch(), features);
    view.input = first.inputs.at;
    view.input_stride = first.inputs.stride;
    encoders_.push_back(stack("encoder_" + name, widths, "fc" + std::to_string(view.hidden), first, batch()));
    view.raw = encoders_.back().back().outputs.at;
    view.raw_gradient = encoders_.back().back().output_gradients.at;
    view.latent = rows_of(batch(), latent()).at;
    view.latent_gradient = rows_of(batch() + 1, latent()).at;
    const std::int64_t fed = most_fed();
    first.inputs = rows_of(fed, latent());
    first.input_gradients = rows_of(every_source_learns() ? fed : batch(), latent());
    view.feed = first.inputs.at;
    view.feed_gradient = first.input_gradients.at;
    std::reverse(widths.begin(), widths.end());
    decoders_.push_back(stack("decoder_" + name, widths, "Xout", first, fed));
    view.loss_columns = 2 * tiles_along(features);
    view.row_losses = rows_of(fed, view.loss_columns).at;
    view.moving_mean = static_cast<int>(place("encoder_" + name + "/batch_norm/moving_mean"));
    view.moving_variance = static_cast<int>(place("encoder_" + name + "/batch_norm/moving_variance"));
    plan_.input_places += static_cast<int>(input_blocks(batch(), features));
    plan_.modalities.push_back(view);
  }

  void add_pairs() {
    const int k = modalities();
    for (int i = 0; i < k; ++i)
      for (int j = i + 1; j < k; ++j) {
        plan_.pairs.push_back({plan_.double_count, i, j});
        plan_.double_count += PairNumbers::count(latent(), batch());
      }
  }

  [[nodiscard]] Product product_of(const Layer& layer, std::size_t m, bool of_decoder) const {
    Product product{};
    product.inputs_at = layer.inputs.at;
    product.inputs_stride = layer.inputs.stride;
    product.outputs_at = layer.output_gradients.at;
    product.outputs_stride = layer.output_gradients.stride;
    product.gradient_at = layer.input_gradients.at;
    product.weight = layer.weight;
    product.bias = layer.bias;
    product.in = layer.in;
    product.out = layer.out;
    product.modality = static_cast<int>(m);
    product.row_count = Lists::rows_place(modalities(), batch(), product.modality) + (of_decoder ? 1 : 0);
    product.tensor = std::min(layer.in, layer.out) >= least_tensor_units ? 1 : 0;
    return product;
  }

  /// One product of a sequence: its result has `rows` x `columns` numbers.
  struct Part {
    Product product;
    std::int64_t rows;
    int columns;
  };
  using Sequence = std::vector<Part>;

  /// Tiles of `links` products from `first` on; each result but the first is one tile wide.
  void add(Level& level, const Part* first, int links) {
    const auto number = static_cast<int>(plan_.products.size());
    for (int link = 0; link < links; ++link)
      plan_.products.push_back(first[link].product);
    for (int row = 0; row < first->rows; row += tile_side)
      for (int column = 0; column < first->columns; column += tile_side) {
        plan_.tiles.push_back({number, row, column, links});
        ++level.tiles;
      }
  }

  [[nodiscard]] Level begin(Kernel kernel) const { return {kernel, static_cast<int>(plan_.tiles.size()), 0}; }

  /// Products from `from` on that one block can make for its rows; 1 where the next result is too wide.
  [[nodiscard]] int links(const Sequence& sequence, std::size_t from) const {
    int count = 0;
    for (std::size_t i = from; i < sequence.size() && chained_; ++i, ++count)
      if (sequence[i].columns > tile_side || sequence[i].product.ending == Ending::output) break;
    return std::max(count, 1);
  }

  /// In each turn every modality goes on by a product or by a chain of them; either kind is one launch.
  void make_level(std::vector<Level>& levels, const std::vector<Sequence>& sequences, Kernel alone,
                  Kernel of_chain) {
    std::vector<std::size_t> next(sequences.size(), 0);
    const auto is_left = [&](std::size_t m) { return next[m] < sequences[m].size(); };
    for (bool any = true; any;) {
      any = false;
      std::vector<std::size_t> after = next;
      for (const Kernel kernel : {of_chain, alone}) {
        Level level = begin(kernel);
        for (std::size_t m = 0; m < sequences.size(); ++m) {
          const int count = is_left(m) ? links(sequences[m], next[m]) : 0;
          if (count == 0 || (count > 1) != (kernel == of_chain)) continue;
          add(level, &sequences[m][next[m]], count);
          after[m] += static_cast<std::size_t>(count);
        }
        if (level.tiles > 0) levels.push_back(level);
        any = any || level.tiles > 0;
      }
      next = after;
    }
  }

  /// each(m, i) for the layers i of every modality's stack, first to last or last to first.
  template <class Each>
  std::vector<Sequence> sequences(const std::vector<std::vector<Layer>>& stacks, bool backwards,
                                  const Each& each) {
    std::vector<Sequence> made(stacks.size());
    for (std::size_t m = 0; m < stacks.size(); ++m)
      for (std::size_t turn = 0; turn < stacks[m].size(); ++turn)
        each(made[m], m, backwards ? stacks[m].size() - turn - 1 : turn);
    return made;
  }

  void make_forward() {
    const auto encode = [&](Sequence& sequence, std::size_t m, std::size_t i) {
      Product product = product_of(encoders_[m][i], m, false);
      product.outputs_at = encoders_[m][i].outputs.at;
      product.ending = i + 1 == encoders_[m].size() ? Ending::linear : Ending::relu;
      sequence.push_back({product, batch(), product.out});
    };
    const auto decode = [&](Sequence& sequence, std::size_t m, std::size_t i) {
      Product product = product_of(decoders_[m][i], m, true);
      product.outputs_at = decoders_[m][i].outputs.at;
      const std::size_t behind = decoders_[m].size() - i - 1;
      product.ending = behind == 0 ? Ending::output : (behind == 1 ? Ending::dropped_relu : Ending::relu);
      sequence.push_back({product, most_fed(), product.out});
    };
    make_level(plan_.encode, sequences(encoders_, false, encode), Kernel::forward, Kernel::forward_chain);
    make_level(plan_.decode, sequences(decoders_, false, decode), Kernel::forward, Kernel::forward_chain);
  }

  void make_back() {
    const auto decode = [&](Sequence& sequence, std::size_t m, std::size_t i) {
      // Without augmented encoders the latents of other modalities get no gradient.
      const bool all_rows = i > 0 || every_source_learns();
      Product product = product_of(decoders_[m][i], m, all_rows);
      product.masked = i == 0 ? 0 : (i + 1 == decoders_[m].size() ? 2 : 1);
      sequence.push_back({product, all_rows ? most_fed() : batch(), product.in});
    };
    const auto encode = [&](Sequence& sequence, std::size_t m, std::size_t i) {
      if (i == 0) return;
      Product product = product_of(encoders_[m][i], m, false);
      product.masked = 1;
      sequence.push_back({product, batch(), product.in});
    };
    make_level(plan_.decode_back, sequences(decoders_, true, decode), Kernel::back, Kernel::back_chain);
    make_level(plan_.encode_back, sequences(encoders_, true, encode), Kernel::back, Kernel::back_chain);
  }

  void make_weights() {
    plan_.weights = begin(Kernel::weights);
    for (const bool of_decoder : {true, false})
      for (std::size_t m = 0; m < encoders_.size(); ++m)
        for (const Layer& layer : of_decoder ? decoders_[m] : encoders_[m]) {
          const Part part{product_of(layer, m, of_decoder), layer.in + 1, layer.out};
          add(plan_.weights, &part, 1);
        }
  }

  const study::NetworkSpec& spec_;
  bool chained_;
  Plan plan_;
  std::vector<std::vector<Layer>> encoders_;
  std::vector<std::vector<Layer>> decoders_;
};

}  // namespace

std::size_t Plan::bytes(std::size_t cells) const {
  const auto floats =
      4 * layout.parameter_floats + 2 * layout.moving_floats + static_cast<std::size_t>(float_count);
  return sizeof(float) * floats + sizeof(int) * (static_cast<std::size_t>(integer_count) + 2 * cells) +
         sizeof(double) * static_cast<std::size_t>(double_count);
}

Plan make_plan(const study::NetworkSpec& spec, const std::vector<std::int64_t>& features, bool chained) {
  return Planner(spec, features, chained).take();
}

}  // namespace cplae::engine::cuda
