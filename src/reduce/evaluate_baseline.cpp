#include <array>
#include <limits>

#include "cplae/stats/pc_cca.hpp"
#include "matching_rows.hpp"
#include "parts.hpp"
#include "prediction_record.hpp"
#include "scores.hpp"

namespace cplae::reduce {

namespace {

std::vector<Eigen::Index> training_cells(const data::Split& split) {
  std::vector<Eigen::Index> cells;
  for (std::size_t cell = 0; cell < split.size(); ++cell)
    if (split[cell] == data::Role::train) cells.push_back(static_cast<Eigen::Index>(cell));
  return cells;
}

stats::PcCcaModality training_side(const data::Modality& modality, const std::vector<Eigen::Index>& cells,
                                   std::int64_t components) {
  stats::PcCcaModality side{modality.values(cells, Eigen::all), {}, components};
  for (const Eigen::Index cell : cells)
    side.present.push_back(modality.present[static_cast<std::size_t>(cell)]);
  return side;
}

/// Latents of all cells that have the modality, NaN for the others. [cells x latent]
MatrixD encode_present(const stats::PcCca& baseline, stats::Side side, const data::Modality& modality) {
  MatrixD latents = baseline.encode(side, modality.values);
  for (Eigen::Index cell = 0; cell < latents.rows(); ++cell)
    if (modality.present[static_cast<std::size_t>(cell)] == 0)
      latents.row(cell).setConstant(std::numeric_limits<double>::quiet_NaN());
  return latents;
}

}  // namespace

void evaluate_baseline(const Context& context, const StatisticsUnit& unit, Record& record) {
  const auto& network = context.plan.networks[unit.network];
  const auto& counts = context.study.experiments[unit.experiment].pc_cca[unit.baseline];
  const data::Split split = study::split_of(context.study, context.plan, network, context.labels);
  const auto& modalities = context.data.modalities;
  const auto cells = training_cells(split);
  const auto baseline = stats::PcCca::fit(
      {training_side(modalities[0], cells, counts[0]), training_side(modalities[1], cells, counts[1])},
      unit.latent_dim);
  constexpr std::array sides{stats::Side::first, stats::Side::second};
  AccuracyRows accuracy;
  ReconstructionRows reconstruction;
  MatchingRows matching;
  std::vector<EncodedModality> encoded;
  for (std::size_t m = 0; m < sides.size(); ++m)
    encoded.push_back({modalities[m], encode_present(baseline, sides[m], modalities[m])});
  matching.add(context, encoded, split, context.schemes[unit.experiment]);
  for (std::size_t from = 0; from < sides.size(); ++from) {
    heed_stop(context);
    const MatrixD& latents = encoded[from].latents;
    accuracy.add(modalities[from], latents, split, context.schemes[unit.experiment]);
    for (std::size_t to = 0; to < sides.size(); ++to) {
      const auto held_out = held_out_with(modalities[from], modalities[to], split);
      if (held_out.empty()) continue;
      const MatrixD seen = latents(held_out, Eigen::all);
      const MatrixF truth = modalities[to].values(held_out, Eigen::all);
      const MatrixF predicted = baseline.decode(sides[to], seen);
      reconstruction.add(modalities[from], modalities[to], truth, predicted);
      put(record, Direction{from, to}, predicted);
    }
  }
  put(record, "accuracy", std::move(accuracy).frame());
  put(record, "matching", std::move(matching).frame());
  put(record, "features", reconstruction.take_features());
  put(record, "reconstruction", reconstruction.take_reconstruction());
}

}  // namespace cplae::reduce
