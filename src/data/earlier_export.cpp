#include "earlier_export.hpp"

#include <algorithm>
#include <set>

#include "cplae/data/write.hpp"
#include "frame.hpp"

namespace cplae::data {

namespace {

/// The name that begins so, of "<modality>:<name>" too; "" where none does.
std::string name_with(const std::string& prefix, const std::string& column) {
  if (column.starts_with(prefix)) return column;
  const auto colon = column.find(":" + prefix);
  return colon == std::string::npos ? "" : column.substr(colon + 1);
}

void remove_columns(const h5::Handle& group, const std::vector<std::string>& kept) {
  if (h5::kind(group, "obs") != h5::Kind::group) return;
  auto order = column_names(group, "obs");
  const auto gone = exported_columns(order, kept);
  if (gone.empty()) return;
  const h5::Handle obs = h5::open_group(group, "obs");
  const auto index = h5::text_attribute(obs, "_index");
  for (const auto& name : gone) {
    if (name == index) continue;
    h5::remove(obs, name);
    h5::remove(obs, "__categories/" + name);
    std::erase(order, name);
  }
  h5::write_texts_attribute(obs, "column-order", order);
}

void remove_members(const h5::Handle& group, const std::string& dict, const std::string& prefix) {
  if (h5::kind(group, dict) != h5::Kind::group) return;
  const h5::Handle members = h5::open_group(group, dict);
  for (const auto& name : h5::members(members))
    if (name.starts_with(prefix)) h5::remove(members, name);
}

}  // namespace

std::vector<std::string> exported_columns(const std::vector<std::string>& columns,
                                          const std::vector<std::string>& kept) {
  // What modalities have alike is read as one column of all cells, beside "<modality>:..." for what differs.
  std::set<std::string> there;
  for (const auto& column : columns)
    there.insert(name_with("predicted_", column));
  std::set<std::string> of_types;
  for (const auto& name : there)
    if (!name.empty() && there.contains(name + "_probability") && there.contains(name + "_role"))
      of_types.insert({name, name + "_probability", name + "_role"});
  std::set<std::string> made;
  for (const auto& column : columns)
    if (!name_with("cplae_", column).empty() || of_types.contains(name_with("predicted_", column)))
      made.insert(column);
  for (const auto& name : kept)
    made.erase(name);
  return {made.begin(), made.end()};
}

void remove_earlier_export(const h5::Handle& group, const std::vector<std::string>& kept) {
  remove_columns(group, kept);
  remove_members(group, "obsm", "X_cplae_");
  remove_members(group, "layers", "cplae_from_");
}

}  // namespace cplae::data
