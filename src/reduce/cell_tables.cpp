#include "cell_tables.hpp"

#include <algorithm>
#include <vector>

#include "cplae/core/text.hpp"
#include "cplae/reduce/tables.hpp"
#include "table_writer.hpp"

namespace cplae::reduce {

namespace {

struct NamedScheme {
  std::string name;
  const LabelScheme* scheme;
};

/// Those of all experiments, each once.
std::vector<NamedScheme> all_schemes(const Context& context) {
  std::vector<NamedScheme> all;
  for (const auto& schemes : context.schemes)
    for (const auto& scheme : schemes) {
      const std::string name = scheme_name(scheme);
      const bool is_new =
          std::none_of(all.begin(), all.end(), [&](const NamedScheme& other) { return other.name == name; });
      if (is_new) all.push_back({name, &scheme});
    }
  return all;
}

}  // namespace

std::string scheme_name(const LabelScheme& scheme) {
  return scheme.is_cut ? scheme.label + " " + std::to_string(scheme.n_classes) : scheme.label;
}

std::string cells_column(const std::string& label) {
  const bool is_taken = label == "cell" || label.starts_with("has_") || label.starts_with("obs ");
  return is_taken ? "obs " + label : label;
}

void write_cells(const Context& context, const std::filesystem::path& path) {
  const auto schemes = all_schemes(context);
  std::vector<std::string> columns;
  for (const auto& modality : context.data.modalities)
    columns.push_back("has_" + modality.name);
  for (const auto& [name, scheme] : schemes)
    columns.push_back(cells_column(name));
  TableWriter table({"cell"}, columns);
  for (std::size_t cell = 0; cell < context.cells.size(); ++cell) {
    std::vector<std::string> values;
    for (const auto& modality : context.data.modalities)
      values.push_back(std::to_string(modality.present[cell]));
    for (const auto& [name, scheme] : schemes)
      values.push_back(scheme->class_of_cell[cell]);
    table.add_row({context.cells[cell]}, values);
  }
  table.write(path);
}

void write_taxonomy(const Context& context, const std::filesystem::path& path) {
  TableWriter table({"label"}, {"parent", "height", "leaf", "colour"});
  if (context.taxonomy)
    for (const auto& node : context.taxonomy->nodes())
      table.add_row({node.label},
                    {node.parent, number_text(node.height), node.is_leaf ? "TRUE" : "FALSE", node.colour});
  table.write(path);
}

}  // namespace cplae::reduce
