#pragma once
#include <cstddef>
#include <optional>

#include "cplae/core/matrix.hpp"
#include "cplae/core/record.hpp"

namespace cplae::reduce {

/// From one modality to another, by their places in the study.
struct Direction {
  std::size_t from = 0;
  std::size_t to = 0;
};

/// Puts what was predicted of the held-out cells that have both modalities, [cells x features of `to`], into
/// a unit: array prediction/<from>/<to>.
void put(Record& record, const Direction& direction, const MatrixF& predicted);
/// The same; none where the unit has none. Throws DataError when it is no matrix of floats.
[[nodiscard]] std::optional<MatrixF> get_prediction(const Record& record, const Direction& direction);

}  // namespace cplae::reduce
