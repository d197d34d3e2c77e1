#pragma once
// What a variant of a cross-validation predicts of its cells, each by the network (or baseline) that did not
// learn from it.
#include <functional>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/reduce/context.hpp"
#include "cplae/reduce/units.hpp"
#include "cplae/store/units.hpp"
#include "prediction_record.hpp"

namespace cplae::reduce {

/// The held-out cells of one fold that have both modalities.
struct HeldOut {
  Direction direction;
  std::vector<Eigen::Index> cells;
  MatrixF predicted;  ///< [cells x features of `to`]
};

/// Who looks at predictions, and at which.
struct HeldOutVisitor {
  std::function<bool(const Direction&)> wants;
  std::function<void(const HeldOut&)> see;
};

/// Shows the predictions of every fold that has a result, fold by fold. `unit` is of type types. Returns the
/// number of these folds. Throws IoError, DataError.
std::size_t visit_held_out(const Context& context, const StatisticsUnit& unit, const store::UnitStore& units,
                           const HeldOutVisitor& visitor);

}  // namespace cplae::reduce
