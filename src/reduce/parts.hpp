#pragma once
// The kinds of statistics units.
#include "cplae/core/record.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/store/units.hpp"

namespace cplae::reduce {

/// Frames accuracy, matching, latents, reconstruction, features, held_out and losses of one trained network.
/// Throws NumericError.
void evaluate_network(const Context& context, const study::Network& network, const store::NetworkUnit& unit,
                      Record& record);

/// Frames accuracy, matching, reconstruction and features of one PC-CCA baseline on one split, and what it
/// predicts (prediction_record.hpp). Throws NumericError.
void evaluate_baseline(const Context& context, const StatisticsUnit& unit, Record& record);

/// Frames reconstruction and features of one predictor without latents on one split, from each modality to
/// each other one and from joint subsets (subsets.hpp) to the others, and what it predicts from single ones.
/// Throws NumericError.
void evaluate_regression(const Context& context, const StatisticsUnit& unit, Record& record);

/// Frames reconstruction and features of what the members of an ensemble predict together on one fold, and
/// what that is, with its spread; accuracy and matching by the mean of their aligned latents. Throws
/// NumericError, IoError, DataError.
void evaluate_average(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                      Record& record);

/// Frame bic of one network at one number of components, and the mixture. Throws NumericError, Stopped.
void fit_components(const Context& context, const StatisticsUnit& unit, const store::NetworkUnit& network,
                    Record& record);

/// Frames consensus, contingency and consensus_cells of a variant, from its networks and mixtures. Throws
/// NumericError, IoError, DataError.
void find_consensus(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                    Record& record);

/// Frames typewise and type_correlations: means of each type over the held-out cells of all folds, each
/// decoded by what did not learn from it. Throws NumericError, IoError, DataError.
void compare_types(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                   Record& record);

/// Frame ensembles: what the networks of a variant predict together. Throws NumericError, IoError, DataError.
void average_networks(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                      Record& record);

/// Frames calibration and predictive of an ensemble: error bars from the held-out errors of all folds, and
/// how many errors of each fold those of the others hold. Throws NumericError, IoError, DataError.
void calibrate_average(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                       Record& record);

/// Networks whose average is looked at.
inline constexpr std::size_t least_members = 3;

/// Id of the baseline's unit of one fold that a unit of types, or of a calibration, pools.
[[nodiscard]] std::string fold_id(const Context& context, const StatisticsUnit& unit, std::int64_t replicate);

/// Id of the mixture of a network at one number of components.
[[nodiscard]] std::string mixture_id(const study::Network& network, std::int64_t components);

}  // namespace cplae::reduce
