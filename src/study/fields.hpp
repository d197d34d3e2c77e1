#pragma once
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cplae/study/study.hpp"
#include "node.hpp"

namespace cplae::study {

enum class FieldType : unsigned char {
  boolean,
  whole,
  number,
  text,
  name,
  choice,
  wholes,
  texts,
  pairs,
  settings
};

/// Numbers that a key takes: one value, or each value of a list.
struct Range {
  double low = 0;
  double high = 0;
  bool low_open = false;
  bool high_open = false;
};

/// What is known of one key of a study file. The tables below drive parsing, checking, writing, docs, `vary`
/// and --set.
struct FieldInfo {
  std::string key{};
  FieldType type = FieldType::text;
  Range range{};
  std::vector<std::string> choices{};   ///< of FieldType::choice, in the order of the enumeration
  bool may_vary = false;                ///< as a key of [experiment.vary]
  bool required = false;                ///< has no default
  std::vector<ExperimentKind> kinds{};  ///< of experiments that take it; empty = all
  std::string meaning{};                ///< one sentence
};

template <class Owner>
struct Field : FieldInfo {
  std::function<Node(const Owner&)> get;
  std::function<void(Owner&, const Node&)> set;  ///< of a node that `accepted` has let pass
};

[[nodiscard]] const std::vector<Field<Study>>& study_fields();
[[nodiscard]] const std::vector<Field<ModalitySpec>>& modality_fields();
[[nodiscard]] const std::vector<Field<CouplingSpec>>& coupling_fields();
[[nodiscard]] const std::vector<Field<TrainingSpec>>& training_fields();
[[nodiscard]] const std::vector<Field<LabelsSpec>>& labels_fields();
[[nodiscard]] const std::vector<Field<ExperimentSpec>>& experiment_fields();

/// "kfold", "repeats", "sweep"
[[nodiscard]] std::string kind_text(ExperimentKind kind);
/// Whether experiments of this kind take the key.
[[nodiscard]] bool belongs_to(const FieldInfo& field, ExperimentKind kind);

/// What is wrong with such a key in an experiment of a kind that does not take it.
[[nodiscard]] std::string wrong_kind_text(const FieldInfo& field, ExperimentKind kind);

/// What the key takes, for messages and docs: "a number in [0, 1)".
[[nodiscard]] std::string expected(const FieldInfo& field);
/// The value as the key takes it (whole numbers become numbers where those are expected), or none where type
/// or range do not fit.
[[nodiscard]] std::optional<Node> accepted(const FieldInfo& field, const Node& found);
/// As `accepted`, but throws UsageError "where: path: found ..., expected ...".
[[nodiscard]] Node checked(const FieldInfo& field, const Node& found, const std::string& path);

/// Names of modalities and experiments go into ids, files and HDF5 paths.
[[nodiscard]] bool is_name(const std::string& text);

/// Keys of a table of fields that may stand in `path_prefix`, in order.
template <class Owner>
[[nodiscard]] std::vector<std::string> keys_of(const std::vector<Field<Owner>>& fields) {
  std::vector<std::string> keys;
  for (const auto& field : fields)
    keys.push_back(field.key);
  return keys;
}

}  // namespace cplae::study
