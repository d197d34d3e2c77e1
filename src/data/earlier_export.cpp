#include "earlier_export.hpp"

#include <algorithm>
#include <set>

#include "cplae/data/write.hpp"
#include "frame.hpp"

namespace cplae::data {

namespace {

/// Also of "<modality>:<name>".
bool begins(const std::string& column, const std::string& prefix) {
  return column.starts_with(prefix) || column.find(":" + prefix) != std::string::npos;
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
  const std::set<std::string> there(columns.begin(), columns.end());
  std::set<std::string> made;
  for (const auto& name : columns) {
    if (begins(name, "cplae_")) made.insert(name);
    const std::string probability = name + "_probability";
    const std::string role = name + "_role";
    if (begins(name, "predicted_") && there.contains(probability) && there.contains(role))
      made.insert({name, probability, role});
  }
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
