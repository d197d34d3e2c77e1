#include "held_out.hpp"

#include <string>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/model/predictor.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/study/feature_counts.hpp"
#include "parts.hpp"
#include "read_network.hpp"
#include "scores.hpp"

namespace cplae::reduce {

namespace {

/// What gives a prediction for the cells, [cells x features of `to`]; an empty one: none.
using Predict = std::function<MatrixF(const Direction&, const std::vector<Eigen::Index>&)>;

void show_fold(const Context& context, const data::Split& split, const Predict& predict,
               const HeldOutVisitor& visitor) {
  const auto& modalities = context.data.modalities;
  for (std::size_t from = 0; from < modalities.size(); ++from)
    for (std::size_t to = 0; to < modalities.size(); ++to) {
      const Direction direction{from, to};
      if (!visitor.wants(direction)) continue;
      HeldOut fold{direction, held_out_with(modalities[from], modalities[to], split), {}};
      if (fold.cells.empty()) continue;
      fold.predicted = predict(direction, fold.cells);
      if (fold.predicted.size() > 0) visitor.see(fold);
    }
}

/// False where the network has failed.
bool show_network(const Context& context, const study::Network& network, const store::UnitStore& units,
                  const HeldOutVisitor& visitor) {
  const auto stored = read_network(context, network, units);
  if (!stored.result.finite) return false;
  const auto& spec = context.plan.variants[network.variant.index()].spec;
  const model::Predictor predictor(spec, study::feature_counts(context.data), stored.result.weights);
  const Predict decode = [&](const Direction& direction, const std::vector<Eigen::Index>& cells) {
    const MatrixF seen = stored.result.latents[direction.from](cells, Eigen::all);
    return predictor.decode(ModalityIndex(static_cast<std::int64_t>(direction.to)), seen);
  };
  show_fold(context, stored.split, decode, visitor);
  return true;
}

/// False where the baseline has no result.
bool show_baseline(const Context& context, const study::Network& network, const Record& record,
                   const HeldOutVisitor& visitor) {
  if (!failure(record).empty()) return false;
  const data::Split split = study::split_of(context.study, context.plan, network, context.labels);
  const Predict stored = [&](const Direction& direction, const std::vector<Eigen::Index>& cells) {
    const auto predicted = get_prediction(record, direction);
    if (!predicted) return MatrixF();
    if (predicted->rows() != static_cast<Eigen::Index>(cells.size()))
      throw DataError("a unit of a baseline predicts " + std::to_string(predicted->rows()) +
                      " cells, expected the " + std::to_string(cells.size()) + " held-out ones of fold " +
                      std::to_string(network.replicate));
    return *predicted;
  };
  show_fold(context, split, stored, visitor);
  return true;
}

}  // namespace

std::size_t visit_held_out(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                           const HeldOutVisitor& visitor) {
  const auto& networks = context.plan.networks;
  std::size_t folds = 0;
  for (std::size_t n = unit.network; n < networks.size(); ++n) {
    if (networks[n].variant != networks[unit.network].variant) break;
    heed_stop(context);
    const bool is_shown =
        is_baseline(unit) ? show_baseline(context, networks[n],
                                          units.read_awaited(store::UnitKind::statistics,
                                                             fold_id(context, unit, networks[n].replicate)),
                                          visitor)
                          : show_network(context, networks[n], units, visitor);
    if (is_shown) ++folds;
  }
  return folds;
}

}  // namespace cplae::reduce
