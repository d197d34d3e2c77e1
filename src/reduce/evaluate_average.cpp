#include <utility>

#include "aligned_latents.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/model/predictor.hpp"
#include "cplae/stats/ensemble.hpp"
#include "cplae/study/feature_counts.hpp"
#include "cplae/study/shared_space.hpp"
#include "matching_rows.hpp"
#include "parts.hpp"
#include "prediction_record.hpp"
#include "read_network.hpp"
#include "scores.hpp"
#include "subsets.hpp"

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
    heed_stop(context);
    auto stored = read_network(context, network, units);
    if (!stored.result.finite) continue;
    model::Predictor predictor(variant.spec, study::feature_counts(context.data), stored.result.weights);
    members.push_back({std::move(stored), std::move(predictor)});
  }
  return members;
}

/// Held-out cells that have all of `from`, and `to`.
struct Wanted {
  const Subset& from;
  std::size_t to;
  const std::vector<Eigen::Index>& cells;
};

/// What the members decode together. [cells x features of `to`]
AveragePrediction average_of(const std::vector<Member>& members, const Wanted& wanted,
                             Eigen::Index features) {
  stats::EnsembleSums sums(static_cast<Eigen::Index>(wanted.cells.size()), features);
  for (const auto& member : members) {
    const MatrixF seen = mean_latents(member.unit.result.latents, wanted.from)(wanted.cells, Eigen::all);
    sums.add(member.predictor.decode(ModalityIndex(static_cast<std::int64_t>(wanted.to)), seen));
  }
  AveragePrediction average{sums.mean().cast<float>(), {}};
  if (sums.members() > 1) average.spread = sums.spread().cast<float>();
  return average;
}

/// Types by the members' latents together, and how well these of two modalities meet.
void put_scores(const Context& context, const study::Variant& variant, const std::vector<Member>& members,
                Record& record) {
  std::vector<const store::NetworkUnit*> networks;
  networks.reserve(members.size());
  for (const auto& member : members)
    networks.push_back(&member.unit);
  const auto& modalities = context.data.modalities;
  const auto& schemes = context.schemes[variant.experiment];
  const auto& split = members.front().unit.split;
  const auto latents = aligned_latents(context, variant.spec, networks);
  AccuracyRows accuracy;
  MatchingRows matching;
  std::vector<EncodedModality> encoded;
  std::vector<MatrixF> narrow;  // as the networks' own are averaged over modalities
  for (std::size_t m = 0; m < modalities.size(); ++m) {
    heed_stop(context);
    accuracy.add(modalities[m], latents[m], split, schemes);
    encoded.push_back({modalities[m], latents[m]});
    narrow.push_back(latents[m].cast<float>());
  }
  matching.add(context, encoded, split, schemes);
  if (study::share_space(variant.spec))
    for (const Subset& subset : joint_subsets(modalities.size())) {
      heed_stop(context);
      const data::Modality from = together(modalities, subset);
      if (!held_out_with(from, from, split).empty())
        accuracy.add(from, mean_latents(narrow, subset).cast<double>(), split, schemes);
    }
  put(record, "accuracy", std::move(accuracy).frame());
  put(record, "matching", std::move(matching).frame());
}

}  // namespace

void evaluate_average(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                      Record& record) {
  const auto members = members_of(context, unit, units);
  if (members.empty()) throw NumericError("all members of the fold have failed");
  ReconstructionRows rows;
  const auto& modalities = context.data.modalities;
  const auto& variant = context.plan.variants[context.plan.networks[unit.network].variant.index()];
  for (const Subset& subset : sources_of(variant.spec, modalities.size())) {
    const data::Modality from = together(modalities, subset);
    for (std::size_t to = 0; to < modalities.size(); ++to) {
      const auto held_out = held_out_with(from, modalities[to], members.front().unit.split);
      if (!is_predicted(subset, to) || held_out.empty()) continue;
      heed_stop(context);
      const auto average = average_of(members, {subset, to, held_out}, modalities[to].values.cols());
      rows.add(from, modalities[to], modalities[to].values(held_out, Eigen::all), average.mean);
      put(record, subset, to, average);
    }
  }
  put(record, "features", rows.take_features());
  put(record, "reconstruction", rows.take_reconstruction());
  try {
    put_scores(context, variant, members, record);
  } catch (const NumericError& error) {
    // What they predict stands all the same.
    log::warning(unit.id + ": types and matching: " + error.what());
  }
}

}  // namespace cplae::reduce
