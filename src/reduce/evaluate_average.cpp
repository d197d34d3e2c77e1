#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/model/predictor.hpp"
#include "cplae/stats/ensemble.hpp"
#include "cplae/study/feature_counts.hpp"
#include "parts.hpp"
#include "prediction_record.hpp"
#include "scores.hpp"

namespace cplae::reduce {

namespace {

/// A network that takes part.
struct Member {
  store::NetworkUnit unit;
  model::Predictor predictor;
};

/// Those of the unit's fold that have a result, in the order of the plan.
std::vector<Member> members_of(const Context& context, const StatisticsUnit& unit,
                               const store::UnitStore& units) {
  const std::int64_t fold = context.plan.networks[unit.network].replicate;
  const std::string id = baseline_variant(context, unit);
  std::vector<Member> members;
  for (const auto& network : context.plan.networks) {
    const auto& variant = context.plan.variants[network.variant.index()];
    if (variant.ensemble != id || network.replicate != fold) continue;
    auto stored = store::to_network_unit(units.read_awaited(store::UnitKind::network, network.id));
    if (!stored.result.finite) continue;
    model::Predictor predictor(variant.spec, study::feature_counts(context.data), stored.result.weights);
    members.push_back({std::move(stored), std::move(predictor)});
  }
  return members;
}

/// Mean over the members of what they decode.
MatrixF mean_of(const std::vector<Member>& members, const Direction& direction,
                const std::vector<Eigen::Index>& cells, Eigen::Index features) {
  stats::EnsembleSums sums(static_cast<Eigen::Index>(cells.size()), features);
  for (const auto& member : members) {
    const MatrixF seen = member.unit.result.latents[direction.from](cells, Eigen::all);
    sums.add(member.predictor.decode(ModalityIndex(static_cast<std::int64_t>(direction.to)), seen));
  }
  return sums.mean().cast<float>();
}

}  // namespace

void evaluate_average(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                      Record& record) {
  const auto members = members_of(context, unit, units);
  if (members.empty()) throw NumericError("all members of the fold have failed");
  ReconstructionRows rows;
  const auto& modalities = context.data.modalities;
  for (std::size_t f = 0; f < modalities.size(); ++f)
    for (std::size_t t = 0; t < modalities.size(); ++t) {
      const auto held_out = held_out_with(modalities[f], modalities[t], members.front().unit.split);
      if (held_out.empty()) continue;
      const Direction direction{f, t};
      const MatrixF predicted = mean_of(members, direction, held_out, modalities[t].values.cols());
      rows.add(modalities[f], modalities[t], modalities[t].values(held_out, Eigen::all), predicted);
      put(record, direction, predicted);
    }
  put(record, "features", std::move(rows).features());
  put(record, "reconstruction", std::move(rows).reconstruction());
}

}  // namespace cplae::reduce
