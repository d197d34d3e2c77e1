#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/taxonomy.hpp"

namespace cplae::data {

/// One kind of measurement of the cells.
struct Modality {
  std::string name;
  std::vector<std::string> features;  ///< unique
  MatrixF values;  ///< [cells x features]; NaN = missing; the row of an absent cell is all NaN
  std::vector<std::uint8_t> present;  ///< [cells] 1 where the cell has this modality
};

/// A column of `obs`: text (categorical or strings) or numbers. Missing text is the empty string, a missing
/// number is NaN.
struct ObsColumn {
  std::string name;
  bool is_text = true;
  std::vector<std::string> text;  ///< [cells], when is_text
  std::vector<double> numbers;    ///< [cells], otherwise
};

/// Cells measured in K >= 1 modalities, with their labels. All modalities share the order of `cells`.
struct Dataset {
  std::vector<std::string> cells;  ///< unique names
  std::vector<Modality> modalities;
  std::vector<ObsColumn> obs;
  std::optional<Taxonomy> taxonomy;  ///< from uns/taxonomy

  /// Throws DataError naming the modality, those there are and the nearest one.
  [[nodiscard]] const Modality& modality(const std::string& name) const;
  /// Throws DataError naming the column, those there are and the nearest one.
  [[nodiscard]] const ObsColumn& column(const std::string& name) const;
};

/// Places of the cells that have the modality, ascending.
[[nodiscard]] std::vector<Eigen::Index> present_cells(const Modality& modality);

/// Leaves out the cells whose entry of `kept` [cells] is 0, of everything; the others stay in their order.
void keep_cells(Dataset& dataset, const std::vector<std::uint8_t>& kept);

}  // namespace cplae::data
