#include "node.hpp"

#include <type_traits>

#include "cplae/core/text.hpp"

namespace cplae::study {

namespace {

/// Characters that TOML allows in a key without quotes.
bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string escaped(char c) {
  constexpr const char* digits = "0123456789ABCDEF";
  if (c == '"' || c == '\\') return {'\\', c};
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  const auto code = static_cast<unsigned char>(c);
  if (code >= 0x20 && code != 0x7F) return {c};
  return std::string("\\u00") + digits[code >> 4U] + digits[code & 15U];
}

struct TomlText {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return number_text(value); }
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(const List& list) const {
    std::vector<std::string> parts;
    for (const auto& node : list)
      parts.push_back(toml_text(node));
    return "[" + join(parts, ", ") + "]";
  }
  std::string operator()(const Table&) const { return "a table"; }
  std::string operator()(const Other& other) const { return other.what; }
};

}  // namespace

std::string toml_text(const Node& node) {
  return std::visit(TomlText{}, node.value);
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text)
    out += escaped(c);
  return out + '"';
}

std::string key_text(const std::string& key) {
  for (const char c : key)
    if (!is_bare(c)) return quoted(key);
  return key.empty() ? "\"\"" : key;
}

Node to_node(const Value& value) {
  return std::visit([](const auto& v) { return Node{v, ""}; }, value);
}

std::string setting_text(const Node& node) {
  return node.text() != nullptr ? *node.text() : toml_text(node);
}

KeyError::KeyError(const Complaint& complaint)
    : UsageError((complaint.where.empty() ? "" : complaint.where + ": ") +
                 (complaint.path.empty() ? "" : complaint.path + ": ") + complaint.what),
      complaint_(complaint) {}

void refuse(const Complaint& complaint) {
  throw KeyError(complaint);
}

}  // namespace cplae::study
