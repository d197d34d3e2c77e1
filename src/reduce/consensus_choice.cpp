#include "consensus_choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "cplae/core/error.hpp"
#include "cplae/model/predictor.hpp"
#include "cplae/reduce/frame.hpp"
#include "cplae/stats/histogram.hpp"
#include "cplae/stats/r2.hpp"
#include "cplae/study/feature_counts.hpp"
#include "mixture_record.hpp"
#include "parts.hpp"
#include "read_network.hpp"
#include "scores.hpp"

namespace cplae::reduce {

namespace {

constexpr double usual_share = 0.95;  ///< of the cells, by error: the others are outliers

/// Errors of the held-out cells of each modality, and which of those cells are no outlier in any modality.
struct HeldOutErrors {
  std::vector<std::vector<Eigen::Index>> cells;  ///< [modality] with an error
  std::vector<std::vector<double>> errors;       ///< [modality]
  std::vector<std::uint8_t> is_usual;            ///< [cells of the data]
};

HeldOutErrors held_out_errors(const Context& context, const ConsensusMember& member) {
  const auto& network = context.plan.networks[member.network];
  const auto& spec = context.plan.variants[network.variant.index()].spec;
  const model::Predictor predictor(spec, study::feature_counts(context.data), member.unit.result.weights);
  HeldOutErrors found;
  found.is_usual.assign(member.unit.split.size(), 1);
  for (std::size_t m = 0; m < context.data.modalities.size(); ++m) {
    const auto& modality = context.data.modalities[m];
    const auto held_out = held_out_with(modality, modality, member.unit.split);
    const MatrixF latents = member.unit.result.latents[m](held_out, Eigen::all);
    const auto all =
        stats::squared_error_per_cell(modality.values(held_out, Eigen::all),
                                      predictor.decode(ModalityIndex(static_cast<std::int64_t>(m)), latents));
    auto& cells = found.cells.emplace_back();
    auto& errors = found.errors.emplace_back();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (std::isnan(all[i])) continue;
      cells.push_back(held_out[i]);
      errors.push_back(all[i]);
    }
    if (errors.empty()) continue;
    const double limit = stats::quantile(errors, usual_share);
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (!(errors[i] < limit)) found.is_usual[static_cast<std::size_t>(cells[i])] = 0;
  }
  return found;
}

/// Summed over modalities: the mean error of the held-out cells that are no outlier in any. Infinite where a
/// modality has no such cell.
double typical_error(const Context& context, const ConsensusMember& member) {
  const HeldOutErrors found = held_out_errors(context, member);
  double total = 0;
  for (std::size_t m = 0; m < found.cells.size(); ++m) {
    if (found.cells[m].empty()) continue;  // the same for all networks: they have one split
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < found.cells[m].size(); ++i) {
      if (found.is_usual[static_cast<std::size_t>(found.cells[m][i])] == 0) continue;
      sum += found.errors[m][i];
      ++count;
    }
    total += count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::infinity();
  }
  return total;
}

/// A network's mixtures that have a result; none where it has none itself.
std::optional<ConsensusMember> member_of(const Context& context, std::size_t n,
                                         const store::UnitStore& units) {
  const auto& network = context.plan.networks[n];
  const auto& experiment =
      context.study.experiments[context.plan.variants[network.variant.index()].experiment];
  ConsensusMember member;
  member.network = n;
  member.unit = read_network(context, network, units);
  if (!member.unit.result.finite) return std::nullopt;
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t k = experiment.components.front(); k <= experiment.components.back(); ++k) {
    const std::string id = mixture_id(network, k);
    const Record record = units.read_awaited(store::UnitKind::statistics, id);
    if (!failure(record).empty()) continue;
    member.fits.emplace(k, id);
    const double bic = get(record, "bic").numbers("bic").at(0);
    if (bic < least) {
      least = bic;
      member.best = k;
    }
  }
  if (member.fits.empty()) return std::nullopt;
  return member;
}

}  // namespace

std::optional<stats::GaussianMixture> mixture_of(const ConsensusMember& member, std::int64_t components,
                                                 const store::UnitStore& units) {
  const auto found = member.fits.find(components);
  if (found == member.fits.end()) return std::nullopt;
  return get_mixture(units.read_awaited(store::UnitKind::statistics, found->second));
}

ConsensusChoice choose_consensus(const Context& context, const StatisticsUnit& unit,
                                 const store::UnitStore& units) {
  const auto variant = context.plan.networks[unit.network].variant;
  ConsensusChoice choice;
  std::vector<double> counts;
  for (std::size_t n = unit.network; n < context.plan.networks.size(); ++n) {
    if (context.plan.networks[n].variant != variant) break;
    auto member = member_of(context, n, units);
    if (!member) continue;
    counts.push_back(static_cast<double>(member->best));
    choice.members.push_back(std::move(*member));
  }
  if (choice.members.empty()) throw NumericError("no network of the variant has a mixture");
  choice.components = static_cast<std::int64_t>(stats::modal_value(counts));
  double least = std::numeric_limits<double>::infinity();
  bool is_found = false;
  for (std::size_t i = 0; i < choice.members.size(); ++i) {
    if (!choice.members[i].fits.contains(choice.components)) continue;
    const double error = typical_error(context, choice.members[i]);
    if (is_found && !(error < least)) continue;
    least = error;
    choice.chosen = i;
    is_found = true;
  }
  return choice;
}

}  // namespace cplae::reduce
