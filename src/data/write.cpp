#include "cplae/data/write.hpp"

#include "cplae/core/error.hpp"
#include "mudata_file.hpp"
#include "write_frame.hpp"

namespace cplae::data {

namespace {

std::vector<std::size_t> present_cells(const Modality& modality) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < modality.present.size(); ++i)
    if (modality.present[i] != 0) rows.push_back(i);
  return rows;
}

ModalityIndex index_of(const Modality& modality, const std::vector<std::string>& cells) {
  ModalityIndex index{.name = modality.name, .cells = {}, .features = modality.features};
  for (const std::size_t row : present_cells(modality))
    index.cells.push_back(cells[row]);
  return index;
}

MatrixF present_rows(const Modality& modality) {
  const auto rows = present_cells(modality);
  MatrixF values(static_cast<Eigen::Index>(rows.size()), modality.values.cols());
  for (std::size_t i = 0; i < rows.size(); ++i)
    values.row(static_cast<Eigen::Index>(i)) = modality.values.row(static_cast<Eigen::Index>(rows[i]));
  return values;
}

void write_modality(const h5::Handle& mod, const Modality& modality, const ModalityIndex& index) {
  const h5::Handle group = h5::create_group(mod, modality.name);
  write_anndata_attributes(group);
  write_encoded_matrix(group, "X", present_rows(modality));
  write_frame(group, "obs", index.cells);
  write_frame(group, "var", index.features);
  for (const char* name : {"obsm", "varm", "obsp", "varp", "layers", "uns"})
    (void)require_dict(group, name);
}

/// The shapes that the writer relies on; a caller of another room may have built the Dataset by hand.
void check_shapes(const Dataset& dataset, const std::filesystem::path& path) {
  for (const auto& modality : dataset.modalities) {
    const std::string where = path.string() + ": modality '" + modality.name + "'";
    // HDF5 takes a slash for a path.
    if (modality.name.empty() || modality.name.find('/') != std::string::npos)
      throw DataError(where + " cannot have that name in a file, expected one without '/'");
    if (modality.present.size() != dataset.cells.size() ||
        modality.values.rows() != static_cast<Eigen::Index>(dataset.cells.size()) ||
        modality.values.cols() != static_cast<Eigen::Index>(modality.features.size()))
      throw DataError(where + ": has values [" + std::to_string(modality.values.rows()) + " x " +
                      std::to_string(modality.values.cols()) + "], expected [" +
                      std::to_string(dataset.cells.size()) + " cells x " +
                      std::to_string(modality.features.size()) + " features]");
  }
}

}  // namespace

void write_h5mu(const Dataset& dataset, const std::filesystem::path& path,
                const std::map<std::string, MatrixD>& obsm) {
  check_shapes(dataset, path);
  create_mudata_file(path, [&](const h5::Handle& file) {
    const h5::Handle mod = h5::create_group(file, "mod");
    std::vector<ModalityIndex> indices;
    for (const auto& modality : dataset.modalities) {
      indices.push_back(index_of(modality, dataset.cells));
      write_modality(mod, modality, indices.back());
    }
    write_mudata_root(file, dataset, indices);
    for (const auto& [name, values] : obsm)
      write_encoded_matrix(h5::open_group(file, "obsm"), name, values);
  });
}

}  // namespace cplae::data
