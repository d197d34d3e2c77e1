#include "places.hpp"

#include "vary.hpp"

namespace cplae::study {

namespace {

using Places = std::map<std::string, std::string>;

void add_table(const Node& node, const std::string& path, Places& places) {
  places[path] = node.where;
  if (node.table() == nullptr) return;
  for (const auto& [key, child] : *node.table()) {
    const std::string child_path = path + "." + key;
    places[child_path] = child.where;
    if (key != "vary" || child.table() == nullptr) continue;
    for (const auto& [vary, value] : vary_settings(*child.table(), child_path))
      places[child_path + "." + key_text(vary)] = value.where;
  }
}

std::string name_in(const Node& element) {
  const Table* table = element.table();
  if (table == nullptr || !table->contains("name")) return "";
  const std::string* name = table->at("name").text();
  return name != nullptr ? *name : "";
}

}  // namespace

std::map<std::string, std::string> places_of(const Table& root) {
  Places places;
  for (const auto& [section, node] : root) {
    if (node.list() == nullptr) {
      add_table(node, section, places);
      continue;
    }
    for (const auto& element : *node.list())
      add_table(element, section + "." + name_in(element), places);
  }
  return places;
}

}  // namespace cplae::study
