#pragma once
// The kinds of statistics units.
#include "cplae/core/record.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/store/network_unit.hpp"
#include "cplae/store/units.hpp"

namespace cplae::reduce {

/// Frames accuracy, matching, latents, reconstruction, features and losses of one trained network. Throws
/// NumericError.
void evaluate_network(const Context& context, const study::Network& network, const store::NetworkUnit& unit,
                      Record& record);

/// Frames accuracy, matching, reconstruction and features of one PC-CCA baseline on one split. Throws
/// NumericError.
void evaluate_baseline(const Context& context, const StatisticsUnit& unit, Record& record);

/// Frames reconstruction and features of one predictor without latents on one split, from each modality to
/// each other one. Throws NumericError.
void evaluate_regression(const Context& context, const StatisticsUnit& unit, Record& record);

/// Frame bic of one network at one number of components, and the mixture. Throws NumericError, Stopped.
void fit_components(const Context& context, const StatisticsUnit& unit, const store::NetworkUnit& network,
                    Record& record);

/// Frames consensus, contingency and consensus_cells of a variant, from its networks and mixtures. Throws
/// NumericError, IoError, DataError.
void find_consensus(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                    Record& record);

/// Id of the mixture of a network at one number of components.
[[nodiscard]] std::string mixture_id(const study::Network& network, std::int64_t components);

}  // namespace cplae::reduce
