#include <algorithm>
#include <cmath>

#include "cplae/core/text.hpp"
#include "fields.hpp"

namespace cplae::study {

namespace {

std::string bound_text(double bound) {
  constexpr double largest_toml = 9223372036854775807.0;
  if (bound >= largest_toml) return "9223372036854775807";  // as a double it would read 9.223372036854776e+18
  return bound == std::floor(bound) ? std::to_string(static_cast<std::int64_t>(bound)) : number_text(bound);
}

std::string range_text(const Range& range) {
  return (range.low_open ? "(" : "[") + bound_text(range.low) + ", " + bound_text(range.high) +
         (range.high_open ? ")" : "]");
}

bool in_range(const Range& range, double value) {
  if (std::isnan(value)) return false;
  const bool low = range.low_open ? value > range.low : value >= range.low;
  return low && (range.high_open ? value < range.high : value <= range.high);
}

std::optional<double> number_of(const Node& node) {
  if (const auto* whole = std::get_if<std::int64_t>(&node.value)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&node.value)) return *number;
  return std::nullopt;
}

bool is_whole(const FieldInfo& field, const Node& node) {
  const auto* value = std::get_if<std::int64_t>(&node.value);
  return value != nullptr && in_range(field.range, static_cast<double>(*value));
}

bool is_pair(const FieldInfo& field, const Node& node) {
  const List* list = node.list();
  return list != nullptr && list->size() == 2 &&
         std::all_of(list->begin(), list->end(), [&](const Node& n) { return is_whole(field, n); });
}

bool fits_element(const FieldInfo& field, const Node& node) {
  switch (field.type) {
    case FieldType::wholes:
      return is_whole(field, node);
    case FieldType::pairs:
      return is_pair(field, node);
    default:
      return node.text() != nullptr;
  }
}

bool fits_list(const FieldInfo& field, const Node& node) {
  const List* list = node.list();
  return list != nullptr &&
         std::all_of(list->begin(), list->end(), [&](const Node& n) { return fits_element(field, n); });
}

/// A decimal number shows that it is one: 1e3 is no whole number to TOML.
std::string shown(const Node& node) {
  const auto* number = std::get_if<double>(&node.value);
  const std::string text = toml_text(node);
  const bool looks_whole = number != nullptr && text.find_first_not_of("-0123456789") == std::string::npos;
  return looks_whole ? text + ".0" : text;
}

std::string found_text(const Node& node) {
  constexpr std::size_t longest = 80;
  const std::string text = shown(node);
  return text.size() <= longest ? text : text.substr(0, longest) + " ...";
}

}  // namespace

bool is_name(const std::string& text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  // A name of dots alone is a folder to file systems and a group to HDF5.
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed) &&
         text.find_first_not_of('.') != std::string::npos;
}

std::string expected(const FieldInfo& field) {
  switch (field.type) {
    case FieldType::boolean:
      return "true or false";
    case FieldType::whole:
      return "a whole number in " + range_text(field.range);
    case FieldType::number:
      return "a number in " + range_text(field.range);
    case FieldType::text:
      return "a string";
    case FieldType::name:
      return "1 to 64 of the characters A-Z a-z 0-9 _ . - (not dots alone)";
    case FieldType::choice:
      return "one of " + join(field.choices, ", ");
    case FieldType::wholes:
      return "a list of whole numbers in " + range_text(field.range);
    case FieldType::texts:
      return "a list of strings";
    case FieldType::pairs:
      return "a list of pairs of whole numbers in " + range_text(field.range);
    case FieldType::settings:
      return "a table of paths and lists of values";
  }
  return {};
}

std::optional<Node> accepted(const FieldInfo& field, const Node& found) {
  const auto pass = [&](bool fits) { return fits ? std::optional(found) : std::nullopt; };
  switch (field.type) {
    case FieldType::boolean:
      return pass(std::holds_alternative<bool>(found.value));
    case FieldType::whole:
      return pass(is_whole(field, found));
    case FieldType::number: {
      const auto number = number_of(found);
      if (!number || !in_range(field.range, *number)) return std::nullopt;
      return Node{*number + 0.0, found.where};  // -0 becomes 0: one setting has one text
    }
    case FieldType::text:
      return pass(found.text() != nullptr);
    case FieldType::name:
      return pass(found.text() != nullptr && is_name(*found.text()));
    case FieldType::choice:
      return pass(found.text() != nullptr &&
                  std::count(field.choices.begin(), field.choices.end(), *found.text()) > 0);
    case FieldType::wholes:
    case FieldType::texts:
    case FieldType::pairs:
      return pass(fits_list(field, found));
    case FieldType::settings:
      return pass(found.table() != nullptr);
  }
  return std::nullopt;
}

Node checked(const FieldInfo& field, const Node& found, const std::string& path) {
  if (auto node = accepted(field, found)) return *node;
  std::string hint;
  if (field.type == FieldType::choice && found.text() != nullptr)
    if (const auto near = nearest(*found.text(), field.choices)) hint = "; did you mean " + *near + "?";
  refuse({found.where, path, "found " + found_text(found) + ", expected " + expected(field) + hint});
}

}  // namespace cplae::study
