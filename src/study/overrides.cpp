#include "overrides.hpp"

#include <algorithm>
#include <utility>

#include "cplae/core/text.hpp"
#include "toml_tree.hpp"
#include "vary.hpp"

namespace cplae::study {

namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Quotes serve to keep dots together in TOML; names and keys hold none, so the plain path says the same.
std::string without_quotes(std::string path) {
  path.erase(std::remove_if(path.begin(), path.end(), [](char c) { return c == '"' || c == '\''; }),
             path.end());
  return path;
}

/// What stands before the first dot of a path, and what after it.
std::pair<std::string, std::string> split_head(const std::string& path) {
  const auto dot = path.find('.');
  if (dot == std::string::npos) return {path, ""};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

/// A --set argument, taken apart.
struct Override {
  std::string path;
  Node value;
};

Override override_of(const std::string& setting) {
  if (!is_utf8(setting)) {
    std::string shown = one_line(setting);
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return (c & '\x80') != 0; }, '?');
    refuse({"--set " + shown, "", "found bytes that are no UTF-8 (shown as ?), expected text"});
  }
  const std::string where = "--set " + setting;
  const auto equals = setting.find('=');
  const std::string path = without_quotes(trimmed(setting.substr(0, equals)));
  if (equals == std::string::npos || path.empty())
    refuse({where, "", "found no key=value, expected one such as training.steps=8000"});
  const std::string text = trimmed(setting.substr(equals + 1));
  return {path, read_value(text, where).value_or(Node{text, where})};
}

std::string name_of(const Node& element) {
  const Table* table = element.table();
  const auto found = table != nullptr ? table->find("name") : Table::const_iterator{};
  const std::string* name = table != nullptr && found != table->end() ? found->second.text() : nullptr;
  return name != nullptr ? *name : "";
}

/// The array-table element that `rest` ("E.alpha") starts with the name of; names may hold dots, so the
/// longest one counts.
Node& element_of(List& list, const std::string& rest, const Complaint& missing) {
  Node* found = nullptr;
  std::vector<std::string> names;
  for (Node& element : list) {
    const std::string name = name_of(element);
    names.push_back(name);
    const bool fits = !name.empty() && rest.starts_with(name + ".");
    if (fits && (found == nullptr || name.size() > name_of(*found).size())) found = &element;
  }
  if (found == nullptr)
    refuse(
        {missing.where, missing.path, "found no such name with a key, expected one of " + join(names, ", ")});
  return *found;
}

void set_in_table(Table& table, const std::string& key, const Override& setting) {
  const std::string prefix = "vary.";
  if (!key.starts_with(prefix)) {
    table.insert_or_assign(key, setting.value);
    return;
  }
  Node& vary = table.try_emplace("vary", Node{Table{}, setting.value.where}).first->second;
  Table flat = vary.table() != nullptr ? vary_settings(*vary.table(), "vary") : Table{};
  flat.insert_or_assign(key.substr(prefix.size()), setting.value);
  vary.value = std::move(flat);
}

}  // namespace

std::map<std::string, Node> vary_settings(const Table& vary, const std::string& prefix) {
  std::map<std::string, Node> flat;
  for (const auto& [key, node] : vary) {
    std::map<std::string, Node> part{{key, node}};
    if (node.table() != nullptr) {
      part.clear();
      for (auto& [path, value] : vary_settings(*node.table(), prefix + "." + key_text(key)))
        part.emplace(key + "." + path, value);
    }
    for (auto& [path, value] : part)
      if (!flat.emplace(path, value).second)
        refuse({value.where, prefix + "." + key_text(path), "given twice, expected once"});
  }
  return flat;
}

void apply_override(Table& root, const std::string& setting) {
  const Override override_setting = override_of(setting);
  const auto [head, rest] = split_head(override_setting.path);
  const std::string& where = override_setting.value.where;
  if (rest.empty()) {
    root.insert_or_assign(head, override_setting.value);
    return;
  }
  Node& node = root.try_emplace(head, Node{Table{}, where}).first->second;
  if (auto* list = std::get_if<List>(&node.value)) {
    Node& element = element_of(*list, rest, {where, override_setting.path, ""});
    const std::string key = rest.substr(name_of(element).size() + 1);
    set_in_table(std::get<Table>(element.value), key, override_setting);
  } else if (auto* table = std::get_if<Table>(&node.value)) {
    set_in_table(*table, rest, override_setting);
  }
}

}  // namespace cplae::study
