#include <algorithm>
#include <cmath>

#include "cplae/model/predictor.hpp"
#include "cplae/study/feature_counts.hpp"
#include "cplae/study/shared_space.hpp"
#include "held_out_rows.hpp"
#include "latent_rows.hpp"
#include "matching_rows.hpp"
#include "parts.hpp"
#include "scores.hpp"
#include "subsets.hpp"

namespace cplae::reduce {

namespace {

/// A loss history has a row every few hundred steps; a table keeps about this many of them.
constexpr std::size_t most_history_rows = 40;

/// Rows of the history that go into the table: evenly spaced, the kept network's and the last.
std::vector<Eigen::Index> history_rows(const MatrixF& losses, std::int64_t best_step) {
  std::vector<Eigen::Index> rows;
  const auto count = static_cast<std::size_t>(losses.rows());
  const std::size_t stride = std::max<std::size_t>(1, (count + most_history_rows - 1) / most_history_rows);
  for (std::size_t row = 0; row < count; ++row) {
    const bool is_kept = static_cast<std::int64_t>(losses(static_cast<Eigen::Index>(row), 0)) == best_step;
    if (is_kept || (row + 1) % stride == 0 || row + 1 == count)
      rows.push_back(static_cast<Eigen::Index>(row));
  }
  return rows;
}

Frame loss_frame(const study::NetworkSpec& spec, const train::Result& result) {
  const auto names = train::loss_names(spec);
  std::vector<std::int64_t> step;
  std::vector<std::int64_t> kept;
  std::vector<std::string> part;
  std::vector<std::string> term;
  std::vector<double> value;
  for (const Eigen::Index row : history_rows(result.losses, result.best_step)) {
    for (std::size_t column = 1; column < names.size(); ++column) {
      const std::size_t underscore = names[column].find('_');
      step.push_back(static_cast<std::int64_t>(result.losses(row, 0)));
      kept.push_back(step.back() == result.best_step ? 1 : 0);
      part.push_back(names[column].substr(0, underscore));
      term.push_back(names[column].substr(underscore + 1));
      value.push_back(static_cast<double>(result.losses(row, static_cast<Eigen::Index>(column))));
    }
  }
  return Frame({{"step", step}, {"kept", kept}, {"part", part}, {"term", term}, {"value", value}});
}

/// A network and what it is of.
struct Evaluated {
  const Context& context;
  const study::Variant& variant;
  const store::NetworkUnit& unit;
  const model::Predictor& predictor;
};

/// Types and other modalities from the mean of several modalities' latents.
void add_subsets(const Evaluated& network, AccuracyRows& accuracy, ReconstructionRows& reconstruction) {
  if (!study::share_space(network.variant.spec)) return;
  const auto& modalities = network.context.data.modalities;
  const auto& split = network.unit.split;
  for (const Subset& subset : joint_subsets(modalities.size())) {
    heed_stop(network.context);
    const data::Modality from = together(modalities, subset);
    if (held_out_with(from, from, split).empty()) continue;
    const MatrixF latents = mean_latents(network.unit.result.latents, subset);
    accuracy.add(from, latents.cast<double>(), split, network.context.schemes[network.variant.experiment]);
    for (std::size_t to = 0; to < modalities.size(); ++to) {
      const auto cells = held_out_with(from, modalities[to], split);
      if (!is_predicted(subset, to) || cells.empty()) continue;
      const MatrixF seen = latents(cells, Eigen::all);
      const MatrixF truth = modalities[to].values(cells, Eigen::all);
      reconstruction.add(from, modalities[to], truth,
                         network.predictor.decode(ModalityIndex(static_cast<std::int64_t>(to)), seen));
    }
  }
}

}  // namespace

void evaluate_network(const Context& context, const study::Network& network, const store::NetworkUnit& unit,
                      Record& record) {
  const auto& variant = context.plan.variants[network.variant.index()];
  const auto& modalities = context.data.modalities;
  const model::Predictor predictor(variant.spec, feature_counts(context.data), unit.result.weights);
  AccuracyRows accuracy;
  ReconstructionRows reconstruction;
  LatentRows latent_rows;
  MatchingRows matching;
  HeldOutRows held_out;
  std::vector<EncodedModality> encoded;
  for (std::size_t m = 0; m < modalities.size(); ++m)
    encoded.push_back({modalities[m], unit.result.latents[m].cast<double>()});
  matching.add(context, encoded, unit.split, context.schemes[variant.experiment]);
  for (std::size_t from = 0; from < modalities.size(); ++from) {
    heed_stop(context);
    const MatrixF& latents = unit.result.latents[from];
    accuracy.add(modalities[from], encoded[from].latents, unit.split, context.schemes[variant.experiment]);
    latent_rows.add(modalities[from], latents, unit.split);
    for (std::size_t to = 0; to < modalities.size(); ++to) {
      const auto cells = held_out_with(modalities[from], modalities[to], unit.split);
      if (cells.empty()) continue;
      const MatrixF seen = latents(cells, Eigen::all);
      const MatrixF truth = modalities[to].values(cells, Eigen::all);
      const MatrixF decoded = predictor.decode(ModalityIndex(static_cast<std::int64_t>(to)), seen);
      reconstruction.add(modalities[from], modalities[to], truth, decoded);
      if (from == to) held_out.add(modalities[to], truth, decoded);
    }
  }
  add_subsets({context, variant, unit, predictor}, accuracy, reconstruction);
  put(record, "accuracy", std::move(accuracy).frame());
  put(record, "features", reconstruction.take_features());
  put(record, "reconstruction", reconstruction.take_reconstruction());
  put(record, "matching", std::move(matching).frame());
  put(record, "latents", std::move(latent_rows).frame());
  put(record, "held_out", std::move(held_out).frame());
  put(record, "losses", loss_frame(variant.spec, unit.result));
}

}  // namespace cplae::reduce
