#pragma once
// Which network and which number of clusters stand for all initialisations of a variant.
#include <cstdint>
#include <map>
#include <vector>

#include "cplae/reduce/context.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/stats/gmm.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/store/units.hpp"

namespace cplae::reduce {

/// A network of the variant whose training and at least one of whose mixtures have a result.
struct ConsensusMember {
  std::size_t network = 0;                   ///< index into Plan::networks
  std::int64_t best = 0;                     ///< components of least BIC, the fewest of equals
  store::NetworkUnit unit;                   ///< of training
  std::map<std::int64_t, std::string> fits;  ///< components -> id of the mixture's unit
};

struct ConsensusChoice {
  std::vector<ConsensusMember> members;  ///< in the order of the plan
  std::int64_t components = 0;           ///< the modal one of the members' best counts
  std::size_t chosen = 0;                ///< member of least error among those with a mixture of `components`
};

/// As the authors' notebooks choose (Gala et al. 2021): the modal best count within the fullest
/// Freedman-Diaconis bin, and of the networks the one of least reconstruction error: summed over modalities,
/// the mean over held-out cells below the 95th percentile of error in each. Reads the variant's units. Throws
/// NumericError when no network has a mixture, IoError, DataError.
[[nodiscard]] ConsensusChoice choose_consensus(const Context& context, const StatisticsUnit& unit,
                                               const store::UnitStore& units);

/// The mixture of a member at so many components, or none. Throws IoError, DataError.
[[nodiscard]] std::optional<stats::GaussianMixture> mixture_of(const ConsensusMember& member,
                                                               std::int64_t components,
                                                               const store::UnitStore& units);

}  // namespace cplae::reduce
