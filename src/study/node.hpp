#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "cplae/core/error.hpp"
#include "cplae/study/study.hpp"

namespace cplae::study {

struct Node;
using List = std::vector<Node>;
using Table = std::map<std::string, Node>;

/// A TOML value that no key of a study takes: a date, a time.
struct Other {
  std::string what;  ///< "a date"
};

/// A value of a study file or of --set, with the place to name when it is wrong.
struct Node {
  std::variant<bool, std::int64_t, double, std::string, List, Table, Other> value;
  std::string where;  ///< "jobs/demo.toml:12", "--set training.steps=8"; empty for a study that was not read
                      ///< from text

  [[nodiscard]] const Table* table() const { return std::get_if<Table>(&value); }
  [[nodiscard]] const List* list() const { return std::get_if<List>(&value); }
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&value); }
};

/// The value as TOML on one line: strings quoted, numbers in their shortest form. Tables and dates are named
/// only.
[[nodiscard]] std::string toml_text(const Node& node);
/// A string as a TOML basic string.
[[nodiscard]] std::string quoted(const std::string& text);
/// A key of a path as TOML writes it: quoted unless bare.
[[nodiscard]] std::string key_text(const std::string& key);

[[nodiscard]] Node to_node(const Value& value);
/// The plain text of a setting in ids and tables: "0.5", "true", "relu".
[[nodiscard]] std::string setting_text(const Node& node);

/// What is wrong with a study, and at which key.
struct Complaint {
  std::string where;  ///< file and line, if known
  std::string path;   ///< of the key
  std::string what;
};

/// A UsageError that knows its parts, so that a check that has no text at hand can be given the line later.
class KeyError : public UsageError {
public:
  explicit KeyError(const Complaint& complaint);
  [[nodiscard]] const Complaint& complaint() const { return complaint_; }

private:
  Complaint complaint_;
};

/// Throws KeyError "where: path: what"; an empty part is left out.
[[noreturn]] void refuse(const Complaint& complaint);

}  // namespace cplae::study
