#include "toml_tree.hpp"

#include <toml++/toml.h>

#include <string_view>

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "nesting.hpp"

namespace cplae::study {

namespace {

/// Names the place of each node: a file and line, or a --set argument as a whole.
class Converter {
public:
  Converter(std::string label, bool with_lines) : label_(std::move(label)), with_lines_(with_lines) {}

  [[nodiscard]] Table table(const toml::table& source) const {
    Table out;
    for (const auto& [key, child] : source)
      out.emplace(std::string(key.str()), node(child));
    return out;
  }

private:
  [[nodiscard]] Node node(const toml::node& source) const {
    Node out{Other{"a date or time"}, place(source)};
    if (const auto* table_node = source.as_table()) out.value = table(*table_node);
    if (const auto* array = source.as_array()) {
      List list;
      for (const auto& element : *array)
        list.push_back(node(element));
      out.value = std::move(list);
    }
    if (const auto* value = source.as_boolean()) out.value = value->get();
    if (const auto* value = source.as_integer()) out.value = value->get();
    if (const auto* value = source.as_floating_point()) out.value = value->get();
    if (const auto* value = source.as_string()) out.value = value->get();
    return out;
  }

  [[nodiscard]] std::string place(const toml::node& source) const {
    const auto line = source.source().begin.line;
    return with_lines_ && line > 0 ? label_ + ":" + std::to_string(line) : label_;
  }

  std::string label_;
  bool with_lines_;
};

}  // namespace

Table read_tree(const std::string& text, const std::string& label) {
  if (text.size() > largest_study_bytes)
    throw UsageError(label + ": found " + std::to_string(text.size()) +
                     " bytes, expected a study of at most " + std::to_string(largest_study_bytes));
  if (const auto line = line_nested_deeper_than(deepest_nesting, text))
    throw UsageError(label + ":" + std::to_string(*line) + ": nested deeper than " +
                     std::to_string(deepest_nesting) + " levels");
  try {
    return Converter(label, true).table(toml::parse(text));
  } catch (const toml::parse_error& error) {
    throw UsageError(label + ":" + std::to_string(error.source().begin.line) +
                     ": not TOML: " + one_line(std::string(error.description())));
  }
}

std::optional<Node> read_value(const std::string& text, const std::string& where) {
  const std::string assignment = "value = " + text;
  if (text.size() > largest_study_bytes || line_nested_deeper_than(deepest_nesting, assignment))
    return std::nullopt;
  try {
    Table table = Converter(where, false).table(toml::parse(assignment));
    if (table.size() != 1) return std::nullopt;
    return std::move(table.begin()->second);
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace cplae::study
