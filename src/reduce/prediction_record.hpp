#pragma once
#include <cstddef>
#include <optional>

#include "cplae/core/matrix.hpp"
#include "cplae/core/record.hpp"
#include "subsets.hpp"

namespace cplae::reduce {

/// From one modality to another, by their places in the study.
struct Direction {
  std::size_t from = 0;
  std::size_t to = 0;
};

/// Puts what was predicted of the held-out cells that have both modalities, [cells x features of `to`], into
/// a unit: array prediction/<from>/<to>.
void put(Record& record, const Direction& direction, const MatrixF& predicted);
/// What the members of an ensemble decode of such cells together, and their spread (divisor n - 1; empty: of
/// one member). [cells x features of `to`]
struct AveragePrediction {
  MatrixF mean;
  MatrixF spread;
};
/// Puts it into a unit: arrays prediction/<from>/<to> and spread/<from>/<to>, from several modalities
/// <from>+<from>.
void put(Record& record, const Subset& from, std::size_t to, const AveragePrediction& average);
/// The same; none where the unit has none, or no spread. Throws DataError when one is no matrix of floats.
[[nodiscard]] std::optional<AveragePrediction> get_average(const Record& record, const Subset& from,
                                                           std::size_t to);

/// The prediction alone; none where the unit has none. Throws DataError when it is no matrix of floats.
[[nodiscard]] std::optional<MatrixF> get_prediction(const Record& record, const Direction& direction);

}  // namespace cplae::reduce
