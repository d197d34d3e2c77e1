#include <algorithm>
#include <map>

#include "cplae/core/text.hpp"
#include "cplae/study/parse.hpp"
#include "fields.hpp"
#include "lines.hpp"

namespace cplae::study {

namespace {

template <class Owner>
std::vector<Line> lines_of(const std::vector<Field<Owner>>& fields, const Owner& owner) {
  std::vector<Line> lines;
  for (const auto& field : fields) {
    const Node node = field.get(owner);
    lines.push_back({field.key, toml_text(accepted(field, node).value_or(node))});
  }
  return lines;
}

std::vector<Line> vary_lines(const std::vector<VaryKey>& vary) {
  std::vector<Line> lines;
  for (const auto& key : vary) {
    List values;
    for (const auto& value : key.values)
      values.push_back(to_node(value));
    lines.push_back({"vary." + key_text(key.path), toml_text({values, ""})});
  }
  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.key < b.key; });
  return lines;
}

std::vector<Line> experiment_lines(const ExperimentSpec& experiment) {
  std::vector<Line> lines;
  for (const auto& field : experiment_fields())
    if (field.get && belongs_to(field, experiment.kind))
      lines.push_back({field.key, toml_text(field.get(experiment))});
  for (auto& line : vary_lines(experiment.vary))
    lines.push_back(std::move(line));
  return lines;
}

/// Names of the elements of one kind, in order: a difference there explains all that follow from it.
std::string names_text(const std::vector<Section>& sections, const std::string& header) {
  std::vector<std::string> names;
  for (const auto& section : sections)
    if (section.header == header) names.push_back(section.path.substr(section.path.find('.') + 1));
  return "[" + join(names, ", ") + "]";
}

std::string difference(const std::string& path, const std::string& there, const std::string& here) {
  return path + ": " + there + " there, " + here + " here";
}

std::map<std::string, std::string> values_by_path(const std::vector<Section>& sections) {
  std::map<std::string, std::string> values;
  for (const auto& section : sections)
    for (const auto& line : section.lines)
      values.emplace(section.path + "." + line.key, line.value);
  return values;
}

/// The first line of `of` that `other` lacks or has with another value: its path; empty if none.
std::string first_unlike(const std::vector<Section>& of, const std::map<std::string, std::string>& other) {
  for (const auto& section : of)
    for (const auto& line : section.lines) {
      std::string path = section.path + "." + line.key;
      const auto found = other.find(path);
      if (found == other.end() || found->second != line.value) return path;
    }
  return "";
}

}  // namespace

std::vector<Section> sections_of(const Study& study) {
  std::vector<Section> sections;
  sections.push_back({"[study]", "study", lines_of(study_fields(), study)});
  for (const auto& modality : study.base.modalities)
    sections.push_back({"[[modality]]", "modality." + modality.name, lines_of(modality_fields(), modality)});
  sections.push_back({"[coupling]", "coupling", lines_of(coupling_fields(), study.base.coupling)});
  sections.push_back({"[training]", "training", lines_of(training_fields(), study.base.training)});
  sections.push_back({"[labels]", "labels", lines_of(labels_fields(), study.labels)});
  for (const auto& experiment : study.experiments)
    sections.push_back({"[[experiment]]", "experiment." + experiment.name, experiment_lines(experiment)});
  return sections;
}

std::string to_toml(const Study& study) {
  std::string text;
  for (const auto& section : sections_of(study)) {
    text += (text.empty() ? "" : "\n") + section.header + "\n";
    for (const auto& line : section.lines)
      text += line.key + " = " + line.value + "\n";
  }
  return text;
}

std::string first_difference(const Study& there, const Study& here) {
  const auto sections_there = sections_of(there);
  const auto sections_here = sections_of(here);
  for (const std::string kind : {"modality", "experiment"}) {
    const std::string names_there = names_text(sections_there, "[[" + kind + "]]");
    const std::string names_here = names_text(sections_here, "[[" + kind + "]]");
    if (names_there != names_here) return difference(kind, names_there, names_here);
  }
  auto values_there = values_by_path(sections_there);
  auto values_here = values_by_path(sections_here);
  std::string path = first_unlike(sections_here, values_there);
  if (path.empty()) path = first_unlike(sections_there, values_here);
  if (path.empty()) return "";
  const auto value = [&](const auto& values) {
    return values.contains(path) ? values.at(path) : std::string("none");
  };
  return difference(path, value(values_there), value(values_here));
}

}  // namespace cplae::study
