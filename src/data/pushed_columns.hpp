#pragma once
// Columns of all cells that a modality's own table of cells has too, so that packages which take one modality
// at a time (scanpy) find them there.
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/dataset.hpp"

namespace cplae::data {

/// Which modality of a file is meant, among all.
struct PushTarget {
  const std::string& modality;
  const std::vector<std::string>& modalities;
};

/// A column of all cells, and its name in a modality.
struct PushedName {
  std::string stored;
  std::string name;
};

/// As mudata's push_obs names them: "<modality>:<name>" becomes <name> in that modality and is left out in
/// the others; other columns keep their names, but for those that have a namesake of the modality's own.
[[nodiscard]] std::vector<PushedName> pushed_names(const std::vector<std::string>& columns,
                                                   const PushTarget& target);

/// The columns under these names. `rows`: of the cells of the modality, in its order.
[[nodiscard]] std::vector<ObsColumn> pushed_columns(const std::vector<ObsColumn>& obs,
                                                    const PushTarget& target,
                                                    const std::vector<Eigen::Index>& rows);

/// The same columns of these rows only, in their order.
[[nodiscard]] std::vector<ObsColumn> rows_taken(const std::vector<ObsColumn>& columns,
                                                const std::vector<Eigen::Index>& rows);

}  // namespace cplae::data
