#include "cplae/core/text.hpp"
#include "cplae/study/parse.hpp"
#include "fields.hpp"
#include "recipes.hpp"

namespace cplae::study {

namespace {

std::string default_text(const FieldInfo& field, const Node& value) {
  if (field.required) return "required";
  const bool empty = value.list() != nullptr && value.list()->empty();
  return "`" + (empty ? std::string("[]") : toml_text(value)) + "`";
}

/// A vertical bar would end a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string kinds_text(const FieldInfo& field) {
  if (field.kinds.empty()) return "";
  std::vector<std::string> kinds;
  for (const ExperimentKind kind : field.kinds)
    kinds.push_back(kind_text(kind));
  return " (" + join(kinds, ", ") + " only)";
}

template <class Owner>
std::string rows(const std::string& prefix, const std::vector<Field<Owner>>& fields) {
  const Owner defaults{};
  std::string text = "| key | takes | default | varies | meaning |\n| --- | --- | --- | --- | --- |\n";
  for (const auto& field : fields) {
    const std::string standard = field.get ? default_text(field, field.get(defaults)) : "none";
    text += "| `" + prefix + field.key + "` | " + cell(expected(field)) + " | " + cell(standard) + " | " +
            (field.may_vary ? "yes" : "") + " | " + cell(field.meaning + kinds_text(field)) + " |\n";
  }
  return text;
}

}  // namespace

std::string key_reference() {
  return "# Keys of a study\n\n"
         "This page is generated from the table that parses studies; do not "
         "edit it.\n"
         "Unknown keys and values out of range are errors. Every key can be given on the command line by its "
         "path:\n"
         "`--set training.steps=8000`, `--set modality.E.alpha=2`, "
         "`--set 'experiment.cross_validation.vary.\"coupling.lambda\"=[0, 1]'`.\n"
         "Keys marked under *varies* may stand in `vary` of an experiment.\n\n"
         "## [study]\n\n" +
         rows("study.", study_fields()) +
         "\nA recipe changes these defaults, and nothing else; what the study says itself stands:\n\n" +
         recipe_table() + "\n## [[modality]]\n\nOne table a modality, in order; at least one.\n\n" +
         rows("modality.<name>.", modality_fields()) + "\n## [coupling]\n\n" +
         rows("coupling.", coupling_fields()) + "\n## [training]\n\n" + rows("training.", training_fields()) +
         "\n## [labels]\n\n" + rows("labels.", labels_fields()) +
         "\n## [[experiment]]\n\nOne table an experiment; at least one.\n\n" +
         rows("experiment.<name>.", experiment_fields());
}

}  // namespace cplae::study
