#include "choose_network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/train/trainer.hpp"

namespace cplae::apps {

namespace {

using study::ExperimentKind;
using study::Variant;

ExperimentKind kind_of(const store::ResultsReader& results, const Variant& variant) {
  return results.study().experiments.at(variant.experiment).kind;
}

/// That of the id, or the members of the ensemble of that id.
std::vector<const Variant*> named_variants(const store::ResultsReader& results, const std::string& id) {
  std::vector<std::string> known;
  std::vector<const Variant*> found;
  for (const auto& variant : results.plan().variants) {
    if (study::is_of(variant, id)) found.push_back(&variant);
    for (const auto& name : {variant.id, variant.ensemble})
      if (!name.empty() && std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
  }
  if (!found.empty()) return found;
  const auto near = nearest(id, known);
  throw UsageError("--variant " + id + ": no such variant, expected one of " + join(known, "; ") +
                   (near ? "; nearest is " + *near : ""));
}

double highest_lambda(const std::vector<const Variant*>& variants) {
  double most = 0;
  for (const Variant* variant : variants)
    most = std::max(most, variant->spec.coupling.lambda);
  return most;
}

/// Latents of uncoupled modalities lie in spaces of their own: the variants of the highest lambda.
std::vector<const Variant*> most_coupled(std::vector<const Variant*> variants) {
  const double most = highest_lambda(variants);
  std::erase_if(variants, [&](const Variant* variant) { return variant->spec.coupling.lambda < most; });
  return variants;
}

[[noreturn]] void refuse_several(const std::vector<const Variant*>& variants, const std::string& what) {
  std::vector<std::string> ids;
  for (const Variant* variant : variants)
    ids.push_back(variant->id);
  throw UsageError("several variants " + what + ": expected --variant with one of " + join(ids, "; "));
}

/// Whether there is no choice between them: one variant or none, or the members of one ensemble.
bool are_members_of_one(const std::vector<const Variant*>& variants) {
  if (variants.size() < 2) return true;
  return !variants.front()->ensemble.empty() &&
         std::all_of(variants.begin(), variants.end(),
                     [&](const Variant* variant) { return variant->ensemble == variants.front()->ensemble; });
}

std::vector<const Variant*> candidates(const store::ResultsReader& results, const NetworkWish& wish) {
  if (!wish.variant.empty()) return named_variants(results, wish.variant);
  const auto of_kind = [&](ExperimentKind kind) {
    std::vector<const Variant*> found;
    for (const auto& variant : results.plan().variants)
      if (kind_of(results, variant) == kind) found.push_back(&variant);
    return most_coupled(std::move(found));
  };
  auto repeats = of_kind(ExperimentKind::repeats);
  auto folded = of_kind(ExperimentKind::kfold);
  // Folds that are coupled less than the repeats would not do for what needs a common space.
  if (wish.folds_first && highest_lambda(folded) < highest_lambda(repeats)) folded.clear();
  const bool takes_folds = wish.fold || wish.folds_first;
  if (!repeats.empty() && (!takes_folds || (folded.empty() && !wish.fold))) return repeats;
  if (!are_members_of_one(folded)) refuse_several(folded, "have folds");
  if (!folded.empty()) return folded;
  if (wish.folds_first) {
    auto swept = of_kind(ExperimentKind::sweep);
    if (swept.size() > 1) refuse_several(swept, "are there");
    return swept;
  }
  return {&results.plan().variants.front()};
}

/// Of the row at the kept step; of the last row where that step was no validation.
double kept_validation_loss(const store::ResultsReader& results, const study::Network& network,
                            std::int64_t best_step) {
  const auto& spec = results.plan().variants.at(network.variant.index()).spec;
  const auto names = train::loss_names(spec);
  const auto column = std::find(names.begin(), names.end(), "validation_total") - names.begin();
  const MatrixF losses = results.losses(network);
  double loss = std::numeric_limits<double>::quiet_NaN();
  for (Eigen::Index row = 0; row < losses.rows(); ++row) {
    if (std::isnan(losses(row, 0))) break;
    loss = static_cast<double>(losses(row, column));
    if (static_cast<std::int64_t>(losses(row, 0)) == best_step) break;
  }
  return loss;
}

void check_wish(const store::ResultsReader& results, const NetworkWish& wish, const Variant& variant) {
  const bool folded = kind_of(results, variant) == ExperimentKind::kfold;
  if (wish.fold && wish.init) throw UsageError("--fold and --init: expected one of them");
  if (wish.fold && !folded)
    throw UsageError("--fold: the replicates of " + variant.id + " are initialisations; expected --init");
  if (wish.init && folded)
    throw UsageError("--init: the replicates of " + variant.id + " are folds; expected --fold");
  const std::optional<std::int64_t> replicate = folded ? wish.fold : wish.init;
  const auto count = static_cast<std::int64_t>(variant.replicates);
  if (replicate && (*replicate < 0 || *replicate >= count))
    throw UsageError(std::string(folded ? "--fold" : "--init") + ": found " + std::to_string(*replicate) +
                     ", expected 0 to " + std::to_string(count - 1) + " for " + variant.id);
}

}  // namespace

ChosenNetwork choose_network(const store::ResultsReader& results, const NetworkWish& wish) {
  std::optional<ChosenNetwork> best;
  const auto variants = candidates(results, wish);
  for (const Variant* variant : variants) {
    check_wish(results, wish, *variant);
    const auto replicates = results.replicates(variant->id);
    for (const auto& network : results.plan().networks) {
      if (&results.plan().variants.at(network.variant.index()) != variant) continue;
      if (network.replicate != wish.fold.value_or(wish.init.value_or(network.replicate))) continue;
      const auto& replicate = replicates.at(static_cast<std::size_t>(network.replicate));
      if (!replicate.done) continue;
      const double loss = kept_validation_loss(results, network, replicate.best_step);
      if (!best || loss < best->validation_loss || std::isnan(best->validation_loss)) best = {network, loss};
    }
  }
  if (!best) throw UsageError("all networks of " + variants.front()->id + " that were asked for have failed");
  return *best;
}

}  // namespace cplae::apps
