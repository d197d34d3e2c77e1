#include "cplae/study/parse.hpp"

#include <filesystem>
#include <map>
#include <utility>

#include "check_study.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"
#include "fields.hpp"
#include "overrides.hpp"
#include "places.hpp"
#include "recipes.hpp"
#include "spec_path.hpp"
#include "toml_tree.hpp"
#include "vary.hpp"

namespace cplae::study {

namespace {

const std::vector<std::string>& sections() {
  static const std::vector<std::string> names{"study",    "modality", "coupling",
                                              "training", "labels",   "experiment"};
  return names;
}

template <class Owner>
bool has_key(const std::vector<Field<Owner>>& fields, const std::string& key) {
  for (const auto& field : fields)
    if (field.key == key) return true;
  return false;
}

/// The path of a key of this name in another table than the one it was found in; empty if there is none.
std::string elsewhere(const std::string& key) {
  if (has_key(coupling_fields(), key)) return "coupling." + key;
  if (has_key(training_fields(), key)) return "training." + key;
  if (has_key(labels_fields(), key)) return "labels." + key;
  if (has_key(modality_fields(), key)) return "modality.<name>." + key;
  if (has_key(experiment_fields(), key)) return "experiment.<name>." + key;
  if (has_key(study_fields(), key)) return "study." + key;
  return "";
}

struct UnknownKey {
  std::string key;
  std::string prefix;  ///< path of the table, with a dot at the end; empty for the file's top
  std::vector<std::string> known;
};

[[noreturn]] void refuse_unknown(const Node& node, const UnknownKey& unknown) {
  const auto near = nearest(unknown.key, unknown.known);
  const std::string other = elsewhere(unknown.key);
  std::string hint = "; expected one of " + join(unknown.known, ", ");
  if (near) hint = "; did you mean " + unknown.prefix + *near + "?";
  if (!other.empty()) hint = "; did you mean " + other + "?";
  refuse({node.where, unknown.prefix + key_text(unknown.key), "unknown key" + hint});
}

const Table& table_of(const Node& node, const std::string& path) {
  if (node.table() == nullptr)
    refuse({node.where, path, "found " + toml_text(node) + ", expected a table [" + path + "]"});
  return *node.table();
}

/// Reads the keys of `table` into `owner` by its fields. Keys of type `settings` are the caller's.
template <class Owner>
void read_fields(const Table& table, const std::string& path, const std::vector<Field<Owner>>& fields,
                 Owner& owner) {
  for (const auto& [key, node] : table)
    if (!has_key(fields, key)) refuse_unknown(node, {key, path + ".", keys_of(fields)});
  for (const auto& field : fields) {
    const auto found = table.find(field.key);
    if (found == table.end() || field.type == FieldType::settings) continue;
    field.set(owner, checked(field, found->second, path + "." + field.key));
  }
}

/// "modality.E", or "modality[2]" where the element has no usable name.
std::string element_path(const Table& table, const std::string& section, std::size_t number) {
  const auto name = table.find("name");
  const std::string* text = name != table.end() ? name->second.text() : nullptr;
  return text != nullptr && is_name(*text) ? section + "." + *text
                                           : section + "[" + std::to_string(number) + "]";
}

/// One `[[section]]` element after the other: calls read(table, path).
template <class Read>
void each_element(const Table& root, const std::string& section, Read read) {
  const auto found = root.find(section);
  if (found == root.end()) return;
  const std::string wanted = ", expected tables [[" + section + "]]";
  const List* list = found->second.list();
  if (list == nullptr) refuse({found->second.where, section, "found " + toml_text(found->second) + wanted});
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Node& node = (*list)[i];
    const Table* table = node.table();
    if (table == nullptr) refuse({node.where, section, "found " + toml_text(node) + wanted});
    const std::string path = element_path(*table, section, i + 1);
    if (!table->contains("name")) refuse({node.where, path + ".name", "found none, expected a name"});
    read(*table, path);
  }
}

template <class Owner>
void read_section(const Table& root, const std::string& section, const std::vector<Field<Owner>>& fields,
                  Owner& owner) {
  const auto found = root.find(section);
  if (found != root.end()) read_fields(table_of(found->second, section), section, fields, owner);
}

VaryKey read_vary_key(const NetworkSpec& spec, const std::string& path, const std::string& full_path,
                      const Node& node) {
  const SpecKeySearch search = find_spec_key(spec, path);
  if (!search.key) refuse({node.where, full_path, search.problem});
  const List* values = node.list();
  if (values == nullptr || values->empty())
    refuse({node.where, full_path, "found " + toml_text(node) + ", expected a list of values"});
  VaryKey key{path, {}};
  for (const Node& value : *values) {
    const Node good = checked(search.key->info, value, full_path);
    std::visit(
        [&](const auto& v) {
          if constexpr (std::is_constructible_v<Value, decltype(v)>) key.values.emplace_back(v);
        },
        good.value);
  }
  return key;
}

void refuse_keys_of_other_kinds(const Table& table, const std::string& path, ExperimentKind kind) {
  for (const auto& field : experiment_fields()) {
    const auto found = table.find(field.key);
    if (found == table.end() || belongs_to(field, kind)) continue;
    refuse({found->second.where, path + "." + field.key, wrong_kind_text(field, kind)});
  }
}

ExperimentSpec read_experiment(const NetworkSpec& spec, const Table& table, const std::string& path) {
  ExperimentSpec experiment;
  read_fields(table, path, experiment_fields(), experiment);
  refuse_keys_of_other_kinds(table, path, experiment.kind);
  const auto vary = table.find("vary");
  if (vary == table.end()) return experiment;
  const Table& settings = table_of(vary->second, path + ".vary");
  for (const auto& [key, node] : vary_settings(settings, path + ".vary"))
    experiment.vary.push_back(read_vary_key(spec, key, vary_path(experiment, key), node));
  return experiment;
}

/// Where a study does not say: what its recipe does, or in the record of a run what was done before the key
/// was there, which is what the paper did.
enum class Silence : unsigned char { recipe, paper };

Study study_of(const Table& root, Silence silence) {
  for (const auto& [key, node] : root) {
    bool known = false;
    for (const auto& section : sections())
      known = known || section == key;
    if (!known) refuse_unknown(node, {key, "", sections()});
  }
  Study study;
  read_section(root, "study", study_fields(), study);
  const Recipe recipe = silence == Silence::recipe ? study.recipe : Recipe::paper;
  study.base = defaults_of(recipe);
  each_element(root, "modality", [&](const Table& table, const std::string& path) {
    ModalitySpec& modality = study.base.modalities.emplace_back(modality_of(recipe));
    read_fields(table, path, modality_fields(), modality);
  });
  read_section(root, "coupling", coupling_fields(), study.base.coupling);
  read_section(root, "training", training_fields(), study.base.training);
  read_section(root, "labels", labels_fields(), study.labels);
  each_element(root, "experiment", [&](const Table& table, const std::string& path) {
    study.experiments.push_back(read_experiment(study.base, table, path));
  });
  return study;
}

Study checked_study(const Table& root, const std::string& label, Silence silence) {
  Study study = study_of(root, silence);
  try {
    check_study(study);
  } catch (const KeyError& error) {
    const auto places = places_of(root);
    const auto place = places.find(error.complaint().path);
    refuse({place == places.end() ? label : place->second, error.complaint().path, error.complaint().what});
  }
  return study;
}

}  // namespace

Study parse_study(const std::string& text, const std::string& label,
                  const std::vector<std::string>& overrides) {
  Table root = read_tree(text, label);
  for (const auto& setting : overrides)
    apply_override(root, setting);
  return checked_study(root, label, Silence::recipe);
}

Study parse_recorded(const std::string& text, const std::string& label) {
  return checked_study(read_tree(text, label), label, Silence::paper);
}

Study read_study(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  std::string text;
  try {
    text = read_file_or_pipe(path, largest_study_bytes);
  } catch (const Error& error) {
    throw UsageError("study " + std::string(error.what()));
  }
  Study study = parse_study(text, path.string(), overrides);
  study.folder = path.parent_path().string();
  return study;
}

}  // namespace cplae::study
