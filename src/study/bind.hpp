#pragma once
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "fields.hpp"

namespace cplae::study {

// Between a member's C++ type and the node that a study file holds for it.

inline Node node_of(const FieldInfo&, bool value) {
  return {value, ""};
}
inline Node node_of(const FieldInfo&, std::int64_t value) {
  return {value, ""};
}
inline Node node_of(const FieldInfo&, double value) {
  return {value, ""};
}
inline Node node_of(const FieldInfo&, const std::string& value) {
  return {value, ""};
}
/// Seeds: TOML's whole numbers are signed, so one beyond them shows as negative and is refused by its range.
inline Node node_of(const FieldInfo&, std::uint64_t value) {
  return {static_cast<std::int64_t>(value), ""};
}

template <class Enum>
requires std::is_enum_v<Enum> Node node_of(const FieldInfo& field, Enum value) {
  return {field.choices.at(static_cast<std::size_t>(value)), ""};
}

template <class Element>
Node node_of(const FieldInfo& field, const std::vector<Element>& values) {
  List list;
  for (const auto& value : values)
    list.push_back(node_of(field, value));
  return {std::move(list), ""};
}

template <class Member>
void read_node(const FieldInfo&, const Node& node, Member& member) {
  member = std::get<Member>(node.value);
}

inline void read_node(const FieldInfo&, const Node& node, std::uint64_t& member) {
  member = static_cast<std::uint64_t>(std::get<std::int64_t>(node.value));
}

template <class Enum>
requires std::is_enum_v<Enum>
void read_node(const FieldInfo& field, const Node& node, Enum& member) {
  for (std::size_t i = 0; i < field.choices.size(); ++i)
    if (field.choices[i] == *node.text()) member = static_cast<Enum>(i);
}

template <class Element>
void read_node(const FieldInfo& field, const Node& node, std::vector<Element>& member) {
  member.clear();
  for (const auto& element : *node.list())
    read_node(field, element, member.emplace_back());
}

/// A field that is one member of its owner.
template <class Owner, class Member>
Field<Owner> field_of(const FieldInfo& info, Member Owner::*member) {
  Field<Owner> field{info, {}, {}};
  field.get = [info, member](const Owner& owner) { return node_of(info, owner.*member); };
  field.set = [info, member](Owner& owner, const Node& node) { read_node(info, node, owner.*member); };
  return field;
}

/// One table out of several, in order.
template <class Owner>
std::vector<Field<Owner>> joined(const std::vector<std::vector<Field<Owner>>>& tables) {
  std::vector<Field<Owner>> all;
  for (const auto& table : tables)
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

}  // namespace cplae::study
