#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cplae/core/record.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/store/units.hpp"

namespace cplae::reduce {

enum class UnitType : unsigned char {
  evaluation,
  baseline,
  regression,
  average,
  mixture,
  consensus,
  types,
  ensemble,
  calibration
};

/// Units of a layer read those of the layers before it (0: only networks).
[[nodiscard]] std::size_t layer_of(UnitType type);
inline constexpr std::size_t layers = 2;

/// Part of every stored unit: units of another version are computed again, and a change of one statistic
/// leaves the others' units alone, but for those that read them.
[[nodiscard]] std::string statistics_version(UnitType type);

/// One piece of the statistics: what one rank computes and stores as one file.
struct StatisticsUnit {
  UnitType type{};
  std::string id;
  std::size_t experiment = 0;
  std::size_t network = 0;   ///< index into Plan::networks; baselines: a network whose split they share;
                             ///< average, calibration: the first member's; consensus, types, ensemble: the
                             ///< variant's first
  std::size_t baseline = 0;  ///< baseline: index into ExperimentSpec::pc_cca; regression: into its baselines
  std::int64_t latent_dim = 0;  ///< baseline
  std::int64_t components = 0;  ///< mixture
  UnitType pooled{};  ///< types: whose held-out predictions of all folds: of one of the types before average,
                      ///< or of that; calibration: average
  double cost = 0;    ///< relative, for sharing out
};

/// All units of a study, in the order of the tables. Pure.
[[nodiscard]] std::vector<StatisticsUnit> list_units(const Context& context);

/// Whether a unit is of what the members of an ensemble predict together.
[[nodiscard]] bool is_average(const StatisticsUnit& unit);

/// Whether a unit stands beside the networks of its experiment, as a variant of its own: a baseline, or what
/// members predict together.
[[nodiscard]] bool is_baseline(const StatisticsUnit& unit);

/// Id of the variant that such a unit stands for: "cross_validation,baseline=ridge", or
/// "cross_validation,pc_cca=10x10", and ",latent_dim=5" after it where the experiment varies that, or
/// "cross_validation,members=8".
[[nodiscard]] std::string baseline_variant(const Context& context, const StatisticsUnit& unit);

/// Whether a stored unit is of this version of the statistics, with a result or without.
[[nodiscard]] bool is_of_this_version(const Record& record);

/// As well as that, whether types were compared over the features that the study's panels name now.
[[nodiscard]] bool is_of_this_version(const Context& context, const Record& record);

/// Whether a stored unit need not be computed again: it is of this version of the statistics, and has a
/// result.
[[nodiscard]] bool is_current(const Context& context, const Record& record);

/// Why a stored unit has no result; empty if it has one.
[[nodiscard]] std::string failure(const Record& record);

/// Computes one unit: frames "accuracy", "matching", "latents", "reconstruction", "features", "held_out",
/// "losses" (evaluation; baselines have those that make sense for them) or "bic" and the mixture itself
/// (mixture), or "consensus", "contingency" and "consensus_cells" (consensus), "typewise" and
/// "type_correlations" (types), "ensembles" (ensemble), "calibration" and "predictive" (calibration). A unit
/// of a network that failed, or whose statistics have no result, holds the text "failed" = the reason. Reads
/// the network's unit. Local. Throws IoError, DataError, Stopped.
[[nodiscard]] Record compute_unit(const Context& context, const StatisticsUnit& unit,
                                  const store::UnitStore& units);

}  // namespace cplae::reduce
