#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace cplae::predict {

/// Where the features of a model are in a new table.
struct FeatureMatch {
  std::vector<std::optional<std::size_t>> column;  ///< [model features] column of the table; none: not there
  std::vector<std::string> missing;                ///< of the model, in its order
  std::vector<std::string> extra;                  ///< of the table, in its order

  [[nodiscard]] std::size_t shared() const { return column.size() - missing.size(); }
};

/// Matches by name, letter by letter; names are unique on both sides. Pure.
[[nodiscard]] FeatureMatch match_features(const std::vector<std::string>& model,
                                          const std::vector<std::string>& table);

/// Throws DataError naming the modality, what is shared and a name of each side when the table has less than
/// half of the model's features.
void require_half(const FeatureMatch& match, const std::string& modality);

/// "38 of 40 found by name; 2 missing, taken as 0: a, b; 3 others left out: x, y, z": the first few by name.
[[nodiscard]] std::string describe(const FeatureMatch& match);

}  // namespace cplae::predict
