#include <algorithm>
#include <utility>

#include "aligned_latents.hpp"
#include "cplae/core/error.hpp"
#include "cplae/model/predictor.hpp"
#include "cplae/stats/classify.hpp"
#include "cplae/stats/ensemble.hpp"
#include "cplae/stats/r2.hpp"
#include "cplae/stats/summary.hpp"
#include "cplae/study/feature_counts.hpp"
#include "ensemble_rows.hpp"
#include "parts.hpp"
#include "read_network.hpp"
#include "scores.hpp"
#include "subsets.hpp"

namespace cplae::reduce {

namespace {

/// The networks of the variant that have a result, in the order of the plan.
std::vector<store::NetworkUnit> finite_networks(const Context& context, std::size_t first,
                                                const store::UnitStore& units) {
  const auto& networks = context.plan.networks;
  std::vector<store::NetworkUnit> members;
  for (std::size_t n = first; n < networks.size(); ++n) {
    if (networks[n].variant != networks[first].variant) break;
    heed_stop(context);
    auto unit = read_network(context, networks[n], units);
    if (unit.result.finite) members.push_back(std::move(unit));
  }
  if (members.size() < least_members)
    throw NumericError("networks of the variant with a result: " + std::to_string(members.size()) +
                       ", expected " + std::to_string(least_members) + " or more to average");
  for (const auto& member : members)
    if (member.split != members.front().split)
      throw DataError("unit of network '" + member.id + "' has another split than '" + members.front().id +
                      "', expected one for all initialisations");
  return members;
}

/// Values of the members, and of what they are together.
struct AgainstMembers {
  double together = 0;
  std::vector<double> members;
  [[nodiscard]] double best() const { return *std::max_element(members.begin(), members.end()); }
};

/// Looks at the networks of one variant.
class Ensemble {
public:
  Ensemble(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units)
      : context_(context),
        experiment_(unit.experiment),
        spec_(context.plan.variants[context.plan.networks[unit.network].variant.index()].spec),
        members_(finite_networks(context, unit.network, units)) {
    for (const auto& member : members_)
      predictors_.emplace_back(spec_, study::feature_counts(context.data), member.result.weights);
  }

  void write(Record& record) {
    const std::size_t modalities = context_.data.modalities.size();
    for (const Subset& from : sources_of(spec_, modalities))
      for (std::size_t to = 0; to < modalities; ++to)
        if (is_predicted(from, to)) add_direction(from, to);
    const auto averages = aligned_latents(context_, spec_, members());
    for (std::size_t m = 0; m < modalities; ++m)
      add_accuracy(m, averages[m]);
    put(record, "ensembles", std::move(rows_).frame());
  }

private:
  [[nodiscard]] const data::Split& split() const { return members_.front().split; }
  [[nodiscard]] std::vector<const store::NetworkUnit*> members() const {
    std::vector<const store::NetworkUnit*> all;
    for (const auto& member : members_)
      all.push_back(&member);
    return all;
  }

  /// What the members decode, together and one by one.
  void add_direction(const Subset& from, std::size_t to) {
    const data::Modality source = together(context_.data.modalities, from);
    const auto& target = context_.data.modalities[to];
    const auto cells = held_out_with(source, target, split());
    if (cells.empty()) return;
    const MatrixF truth = target.values(cells, Eigen::all);
    stats::EnsembleSums sums(truth.rows(), truth.cols());
    AgainstMembers r2;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      heed_stop(context_);
      const MatrixF seen = mean_latents(members_[i].result.latents, from)(cells, Eigen::all);
      const MatrixF predicted = predictors_[i].decode(ModalityIndex(static_cast<std::int64_t>(to)), seen);
      sums.add(predicted);
      r2.members.push_back(stats::r2(truth, predicted));
    }
    r2.together = stats::r2(truth, sums.mean().cast<float>());
    const EnsembleRows::Place place{source.name, target.name, "", cells.size(), members_.size()};
    add_compared(place, "r2", r2);
    const auto found = stats::calibration(truth, sums.mean(), sums.spread());
    rows_.add(place, "spread", found.mean_spread);
    rows_.add(place, "error", found.mean_error);
    rows_.add(place, "spread_error_correlation", found.rank_correlation);
    rows_.add(place, "spread_error_correlation_within_features", found.within_features);
    rows_.add(place, "within_two_spreads", found.within_two_spreads);
  }

  void add_compared(const EnsembleRows::Place& place, const std::string& measure,
                    const AgainstMembers& compared) {
    rows_.add(place, measure + "_of_average", compared.together);
    rows_.add(place, measure + "_of_members", stats::summarise(compared.members).mean);
    rows_.add(place, measure + "_of_best_member", compared.best());
  }

  /// How well the labels as they stand are told from the average, and from each member's own latents.
  void add_accuracy(std::size_t m, const MatrixD& average) {
    const auto& modality = context_.data.modalities[m];
    for (const auto& scheme : context_.schemes[experiment_]) {
      if (scheme.is_cut) continue;
      const auto together = classified(modality, average, scheme);
      AgainstMembers accuracy{together.accuracy, {}};
      for (const auto& member : members_)
        accuracy.members.push_back(
            classified(modality, member.result.latents[m].cast<double>(), scheme).accuracy);
      add_compared({modality.name, "", scheme.label, together.n_cells, members_.size()}, "accuracy",
                   accuracy);
    }
  }

  [[nodiscard]] stats::Classification classified(const data::Modality& modality, const MatrixD& latents,
                                                 const LabelScheme& scheme) const {
    return classify_held_out(modality, latents, split(), scheme);
  }

  const Context& context_;
  std::size_t experiment_;
  const study::NetworkSpec& spec_;
  std::vector<store::NetworkUnit> members_;
  std::vector<model::Predictor> predictors_;
  EnsembleRows rows_;
};

}  // namespace

void average_networks(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                      Record& record) {
  Ensemble(context, unit, units).write(record);
}

}  // namespace cplae::reduce
