#pragma once
// The three kinds of statistics units.
#include "cplae/core/record.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/store/network_unit.hpp"

namespace cplae::reduce {

/// Frames accuracy, reconstruction, features and losses of one trained network. Throws NumericError.
void evaluate_network(const Context& context, const study::Network& network, const store::NetworkUnit& unit,
                      Record& record);

/// Frames accuracy, reconstruction and features of one PC-CCA baseline on one split. Throws NumericError.
void evaluate_baseline(const Context& context, const StatisticsUnit& unit, Record& record);

/// Frame bic of one network at one number of components. Throws NumericError, Stopped.
void fit_components(const Context& context, const StatisticsUnit& unit, const store::NetworkUnit& network,
                    Record& record);

}  // namespace cplae::reduce
