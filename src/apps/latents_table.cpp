#include "latents_table.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/write.hpp"
#include "cplae/reduce/frame.hpp"

namespace cplae::apps {

namespace {

/// The table's columns, row by row.
class LatentsTable {
public:
  LatentsTable(const ExportInput& input, const ExportedCells& exported) : input_(input), exported_(exported) {
    for (const auto& modality : input.results.study().base.modalities)
      modalities_.push_back(modality.name);
    std::vector<std::string> names;
    for (const auto& column : input.dataset.obs)
      names.push_back(column.name);
    const auto earlier = data::exported_columns(names, label_columns(input.results.study()));
    const auto is_earlier = [&](const std::string& name) {
      return std::binary_search(earlier.begin(), earlier.end(), name);
    };
    for (const auto& column : input.dataset.obs)
      if (column.is_text && !is_made_anew(column.name) && !is_earlier(column.name)) kept_.push_back(&column);
  }

  [[nodiscard]] std::string header() const {
    std::vector<std::string> names{"cell"};
    for (const auto* column : kept_)
      names.push_back(csv_field(column->name));
    for (const auto& column : exported_.columns)
      names.push_back(csv_field(name_of(column)));
    for (const auto& latents : exported_.latents)
      for (Eigen::Index d = 0; d < latents.values.cols(); ++d)
        names.push_back(csv_field("z_" + modalities_[latents.from] + "_" + std::to_string(d)));
    for (const auto& decoded : exported_.decoded) {
      const std::string prefix =
          "decoded_" + modalities_[decoded.to] + "_from_" + modalities_[decoded.from] + "_";
      for (const auto& feature : input_.results.features(modalities_[decoded.to]))
        names.push_back(csv_field(prefix + feature));
    }
    return join(names, ",") + "\n";
  }

  [[nodiscard]] std::string row(std::size_t cell) const {
    std::vector<std::string> fields{csv_field(input_.dataset.cells[cell])};
    for (const auto* column : kept_)
      fields.push_back(csv_field(column->text[cell]));
    for (const auto& [modality, column] : exported_.columns)
      fields.push_back(column.is_text ? csv_field(column.text[cell])
                                      : reduce::field_text(column.numbers[cell]));
    for (const auto* matrices : {&exported_.latents, &exported_.decoded})
      for (const auto& matrix : *matrices)
        for (const float value : matrix.values.row(static_cast<Eigen::Index>(cell)))
          fields.push_back(std::isnan(value) ? "" : number_text(value));
    return join(fields, ",") + "\n";
  }

private:
  [[nodiscard]] std::string name_of(const ExportedColumn& column) const {
    return column.column.name + (column.modality ? "_" + modalities_[*column.modality] : "");
  }

  [[nodiscard]] bool is_made_anew(const std::string& name) const {
    return std::any_of(exported_.columns.begin(), exported_.columns.end(),
                       [&](const ExportedColumn& column) { return name_of(column) == name; });
  }

  const ExportInput& input_;
  const ExportedCells& exported_;
  std::vector<std::string> modalities_;
  std::vector<const data::ObsColumn*> kept_;
};

}  // namespace

void write_latents_table(const ExportInput& input, const ExportedCells& exported,
                         const std::filesystem::path& path) {
  const LatentsTable table(input, exported);
  std::string text = table.header();
  for (std::size_t cell = 0; cell < input.dataset.cells.size(); ++cell)
    text += table.row(cell);
  write_file_atomically(path, std::string_view(text));
}

}  // namespace cplae::apps
