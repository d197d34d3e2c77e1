#include "pushed_columns.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cplae::data {

namespace {

bool has_column(const std::vector<ObsColumn>& columns, const std::string& name) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const ObsColumn& column) { return column.name == name; });
}

bool is_of_a_modality(const std::string& column, const std::vector<std::string>& modalities) {
  return std::any_of(modalities.begin(), modalities.end(),
                     [&](const std::string& modality) { return column.starts_with(modality + ":"); });
}

ObsColumn taken(const ObsColumn& column, std::string name, const std::vector<Eigen::Index>& rows) {
  ObsColumn result{.name = std::move(name), .is_text = column.is_text, .text = {}, .numbers = {}};
  for (const Eigen::Index row : rows) {
    const auto at = static_cast<std::size_t>(row);
    if (column.is_text)
      result.text.push_back(column.text[at]);
    else
      result.numbers.push_back(column.numbers[at]);
  }
  return result;
}

}  // namespace

std::vector<ObsColumn> pushed_columns(const std::vector<ObsColumn>& obs, const PushTarget& target,
                                      const std::vector<Eigen::Index>& rows) {
  const std::string prefix = target.modality + ":";
  std::vector<ObsColumn> own;
  for (const auto& column : obs)
    if (column.name.size() > prefix.size() && column.name.starts_with(prefix))
      own.push_back(taken(column, column.name.substr(prefix.size()), rows));
  std::vector<ObsColumn> pushed;
  for (const auto& column : obs)
    if (!is_of_a_modality(column.name, target.modalities) && !has_column(own, column.name))
      pushed.push_back(taken(column, column.name, rows));
  pushed.insert(pushed.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  return pushed;
}

std::vector<ObsColumn> rows_taken(const std::vector<ObsColumn>& columns,
                                  const std::vector<Eigen::Index>& rows) {
  std::vector<ObsColumn> result;
  for (const auto& column : columns)
    result.push_back(taken(column, column.name, rows));
  return result;
}

}  // namespace cplae::data
