#include "estimate.hpp"

#include <algorithm>
#include <cstdint>

#include "cplae/model/layout.hpp"
#include "cplae/study/feature_counts.hpp"
#include "cplae/study/supervision.hpp"
#include "cplae/train/trainer.hpp"

namespace cplae::apps {

namespace {

constexpr double float_bytes = sizeof(float);

/// Share of the cells that have all the given modalities.
double share_of_cells(const std::vector<const data::Modality*>& modalities) {
  const std::size_t cells = modalities.front()->present.size();
  std::size_t count = 0;
  for (std::size_t cell = 0; cell < cells; ++cell)
    count += std::all_of(modalities.begin(), modalities.end(),
                         [cell](const data::Modality* m) { return m->present[cell] != 0; });
  return static_cast<double>(count) / static_cast<double>(cells);
}

/// A dense layer of one encoder or decoder.
struct Layer {
  double inputs = 0;
  double outputs = 0;
};

std::vector<Layer> layers_of(const model::Layout& layout, const std::string& name) {
  std::vector<Layer> layers;
  for (const auto& slot : layout.parameters)
    if (slot.name.rfind(name + "/", 0) == 0 && slot.name.ends_with("/weight"))
      layers.push_back({static_cast<double>(slot.rows), static_cast<double>(slot.columns)});
  return layers;
}

/// How often and on how many rows a stack of layers is passed.
struct Passes {
  double rows = 0;
  bool first_needs_gradient = true;  ///< of its input; an encoder's input is data
};

/// Adds what the products of a stack take: forward, gradient of the weights, gradient of the input.
void add_products(const std::vector<Layer>& layers, const Passes& passes, NetworkCost& cost) {
  for (const auto& layer : layers) {
    const bool needs_gradient = passes.first_needs_gradient || &layer != &layers.front();
    const double products = needs_gradient ? 3 : 2;
    const double operands = passes.rows * (layer.inputs + layer.outputs) + layer.inputs * layer.outputs;
    cost.flop_per_step += products * 2 * passes.rows * layer.inputs * layer.outputs;
    cost.bytes_per_step += products * float_bytes * operands;
  }
}

double units_of(const std::vector<Layer>& layers) {
  double units = 0;
  for (const auto& layer : layers)
    units += layer.outputs;
  return units;
}

/// Rows that pass each decoder in a step: its own modality's, and those of every other one where decoders are
/// augmented.
double decoder_rows(const reduce::Context& context, const study::NetworkSpec& spec, std::size_t modality) {
  const auto& own = context.data.trained(modality);
  double shares = share_of_cells({&own});
  if (spec.coupling.augment_decoders && spec.coupling.lambda > 0)
    for (std::size_t other = 0; other < spec.modalities.size(); ++other)
      if (other != modality) shares += share_of_cells({&own, &context.data.trained(other)});
  return shares * static_cast<double>(spec.training.batch);
}

}  // namespace

NetworkCost network_cost(const reduce::Context& context, const study::NetworkSpec& of_variant) {
  const study::NetworkSpec spec = study::taught(of_variant, context.data);
  const model::Layout layout = model::make_layout(spec, feature_counts(spec, context.data));
  NetworkCost cost;
  double activations = 0;
  for (std::size_t m = 0; m < spec.modalities.size(); ++m) {
    const auto& modality = context.data.trained(m);
    const auto encoder = layers_of(layout, "encoder_" + modality.name);
    const auto decoder = layers_of(layout, "decoder_" + modality.name);
    const double encoder_rows = share_of_cells({&modality}) * static_cast<double>(spec.training.batch);
    const double rows = decoder_rows(context, spec, m);
    add_products(encoder, {.rows = encoder_rows, .first_needs_gradient = false}, cost);
    add_products(decoder, {.rows = rows}, cost);
    activations += (units_of(encoder) + static_cast<double>(modality.features.size())) * encoder_rows +
                   units_of(decoder) * rows;
  }
  for (const auto& slot : layout.parameters)
    cost.parameters += static_cast<std::size_t>(slot.rows * slot.columns);
  const auto steps = static_cast<double>(spec.training.steps);
  cost.flop = cost.flop_per_step * steps;
  const auto floats = static_cast<double>(layout.parameter_floats + layout.moving_floats);
  const double validations = steps / static_cast<double>(spec.training.validate_every);
  const double losses = validations * static_cast<double>(train::loss_names(spec).size());
  const auto cells = static_cast<double>(context.cells.size());
  // The types of a network that is taught them are no part of its unit.
  const study::NetworkSpec kept = study::measured(spec);
  const auto kept_floats = [&] {
    const model::Layout all = model::make_layout(kept, feature_counts(context.data));
    return static_cast<double>(all.parameter_floats + all.moving_floats);
  }();
  const double kept_losses = validations * static_cast<double>(train::loss_names(kept).size());
  const auto latents =
      cells * static_cast<double>(spec.training.latent_dim) * static_cast<double>(kept.modalities.size());
  cost.unit_bytes = float_bytes * (kept_floats + kept_losses + latents) + cells;
  // Weights, two moments and the best weights so far.
  cost.checkpoint_bytes = float_bytes * (4 * floats + losses);
  // As many, the gradients, and every activation with its gradient.
  cost.training_bytes = float_bytes * (5 * floats + losses + 2 * activations);
  return cost;
}

double prediction_bytes(const reduce::Context& context) {
  const auto& modalities = context.data.modalities;
  double bytes = 0;
  for (const auto& experiment : context.study.experiments)
    for (std::size_t from = 0; from < modalities.size(); ++from)
      for (std::size_t to = 0; to < modalities.size(); ++to) {
        // PC-CCA has the first two modalities, within and across; the others all, across.
        const std::size_t baselines = (from < 2 && to < 2 ? experiment.pc_cca.size() : 0) +
                                      (from != to ? experiment.baselines.size() : 0);
        // Over all folds each cell is held out once.
        bytes += float_bytes * static_cast<double>(baselines) *
                 static_cast<double>(modalities[to].values.size()) *
                 share_of_cells({&modalities[from], &modalities[to]});
      }
  return bytes;
}

double data_bytes(const reduce::Context& context) {
  double values = 0;
  for (const auto& modality : context.data.modalities)
    values += static_cast<double>(modality.values.size());
  if (context.data.types) values += static_cast<double>(context.data.types->values.size());
  // As read, as prepared, and as the trainer's tensors with a mask of the entries that are there.
  return float_bytes * 4 * values;
}

}  // namespace cplae::apps
