#pragma once
#include "cplae/core/record.hpp"
#include "cplae/stats/gmm.hpp"

namespace cplae::reduce {

/// Puts a mixture into a unit: arrays mixture/weights [k], mixture/means [k x d], mixture/covariances
/// [k x d x d].
void put(Record& record, const stats::GaussianMixture& mixture);
/// The mixture of a unit. Throws DataError when the arrays are not there or do not fit one another.
[[nodiscard]] stats::GaussianMixture get_mixture(const Record& record);

}  // namespace cplae::reduce
