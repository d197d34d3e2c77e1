#include "latents_table.hpp"

#include <cmath>
#include <string>
#include <string_view>

#include "cplae/core/files.hpp"
#include "cplae/core/text.hpp"

namespace cplae::apps {

namespace {

std::string header(const data::Dataset& dataset, const std::vector<data::Embedding>& embeddings) {
  std::vector<std::string> names{"cell"};
  for (const auto& column : dataset.obs)
    if (column.is_text) names.push_back(csv_field(column.name));
  for (const auto& embedding : embeddings)
    for (Eigen::Index d = 0; d < embedding.values.cols(); ++d)
      names.push_back(csv_field("z_" + embedding.name + "_" + std::to_string(d)));
  return join(names, ",") + "\n";
}

std::string row_text(const data::Dataset& dataset, const std::vector<data::Embedding>& embeddings,
                     std::size_t cell) {
  std::vector<std::string> fields{csv_field(dataset.cells[cell])};
  for (const auto& column : dataset.obs)
    if (column.is_text) fields.push_back(csv_field(column.text[cell]));
  for (const auto& embedding : embeddings)
    for (Eigen::Index d = 0; d < embedding.values.cols(); ++d) {
      const float value = embedding.values(static_cast<Eigen::Index>(cell), d);
      fields.push_back(std::isnan(value) ? "" : number_text(value));
    }
  return join(fields, ",") + "\n";
}

}  // namespace

void write_latents_table(const data::Dataset& dataset, const std::vector<data::Embedding>& embeddings,
                         const std::filesystem::path& path) {
  std::string text = header(dataset, embeddings);
  for (std::size_t cell = 0; cell < dataset.cells.size(); ++cell)
    text += row_text(dataset, embeddings, cell);
  write_file_atomically(path, std::string_view(text));
}

}  // namespace cplae::apps
