#include "pushed_columns.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cplae::data {

namespace {

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

std::vector<PushedName> pushed_names(const std::vector<std::string>& columns, const PushTarget& target) {
  const std::string prefix = target.modality + ":";
  std::vector<PushedName> own;
  for (const auto& column : columns)
    if (column.size() > prefix.size() && column.starts_with(prefix))
      own.push_back({column, column.substr(prefix.size())});
  const auto is_own = [&](const std::string& column) {
    return std::any_of(own.begin(), own.end(), [&](const PushedName& one) { return one.name == column; });
  };
  std::vector<PushedName> pushed;
  for (const auto& column : columns)
    if (!is_of_a_modality(column, target.modalities) && !is_own(column)) pushed.push_back({column, column});
  pushed.insert(pushed.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  return pushed;
}

std::vector<ObsColumn> pushed_columns(const std::vector<ObsColumn>& obs, const PushTarget& target,
                                      const std::vector<Eigen::Index>& rows) {
  std::vector<std::string> names;
  for (const auto& column : obs)
    names.push_back(column.name);
  std::vector<ObsColumn> pushed;
  for (const auto& [stored, name] : pushed_names(names, target)) {
    const auto is_stored = [&stored = stored](const ObsColumn& column) { return column.name == stored; };
    pushed.push_back(taken(*std::find_if(obs.begin(), obs.end(), is_stored), name, rows));
  }
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
