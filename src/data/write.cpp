#include "cplae/data/write.hpp"

#include "cplae/core/error.hpp"
#include "mudata_file.hpp"
#include "pushed_columns.hpp"
#include "write_frame.hpp"

namespace cplae::data {

namespace {

ModalityIndex index_of(const Modality& modality, const std::vector<std::string>& cells) {
  ModalityIndex index{.name = modality.name, .cells = {}, .features = modality.features};
  for (const Eigen::Index row : present_cells(modality))
    index.cells.push_back(cells[static_cast<std::size_t>(row)]);
  return index;
}

/// The rows of the cells that have the modality. [its cells x columns]
template <class Matrix>
Matrix present_rows(const Modality& modality, const Matrix& all) {
  return all(present_cells(modality), Eigen::all);
}

struct ModalityContent {
  const ModalityIndex& index;
  const std::vector<ObsColumn>& obs;
  const Extras::OfModality& extras;
};

void write_modality(const h5::Handle& mod, const Modality& modality, const ModalityContent& content) {
  const auto& [index, obs, extras] = content;
  const h5::Handle group = h5::create_group(mod, modality.name);
  write_anndata_attributes(group);
  write_encoded_matrix(group, "X", present_rows(modality, modality.values));
  write_frame(group, "obs", index.cells, obs);
  write_frame(group, "var", index.features);
  for (const char* name : {"obsm", "varm", "obsp", "varp", "layers", "uns"})
    (void)require_dict(group, name);
  for (const auto& [name, values] : extras.obsm)
    write_encoded_matrix(h5::open_group(group, "obsm"), name, present_rows(modality, values));
  for (const auto& [name, values] : extras.layers)
    write_encoded_matrix(h5::open_group(group, "layers"), name, present_rows(modality, values));
}

const Extras::OfModality& extras_of(const Modality& modality, const Extras& extras) {
  static const Extras::OfModality nothing;
  const auto found = extras.modalities.find(modality.name);
  return found == extras.modalities.end() ? nothing : found->second;
}

void check_extra(const std::string& where, const std::string& name, Eigen::Index found, std::size_t expected,
                 const std::string& what) {
  if (found == static_cast<Eigen::Index>(expected)) return;
  throw DataError(where + "/" + name + ": has " + std::to_string(found) + " " + what + ", expected " +
                  std::to_string(expected));
}

void check_extras(const Dataset& dataset, const Extras& extras, const std::filesystem::path& path) {
  const std::size_t cells = dataset.cells.size();
  for (const auto& [name, values] : extras.obsm)
    check_extra(path.string() + ": obsm", name, values.rows(), cells, "rows");
  for (const auto& [modality, own] : extras.modalities) {
    const std::string where = path.string() + ": " + modality;
    for (const auto& [name, values] : own.obsm)
      check_extra(where + "/obsm", name, values.rows(), cells, "rows");
    for (const auto& [name, values] : own.layers) {
      check_extra(where + "/layers", name, values.rows(), cells, "rows");
      check_extra(where + "/layers", name, values.cols(), dataset.modality(modality).features.size(),
                  "columns");
    }
  }
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

void write_h5mu(const Dataset& dataset, const std::filesystem::path& path, const Extras& extras) {
  check_shapes(dataset, path);
  check_extras(dataset, extras, path);
  create_mudata_file(path, [&](const h5::Handle& file) {
    const h5::Handle mod = h5::create_group(file, "mod");
    std::vector<std::string> names;
    for (const auto& modality : dataset.modalities)
      names.push_back(modality.name);
    std::vector<ModalityIndex> indices;
    for (const auto& modality : dataset.modalities) {
      indices.push_back(index_of(modality, dataset.cells));
      const auto obs = pushed_columns(dataset.obs, {modality.name, names}, present_cells(modality));
      write_modality(mod, modality,
                     {.index = indices.back(), .obs = obs, .extras = extras_of(modality, extras)});
    }
    write_mudata_root(file, dataset, indices);
    for (const auto& [name, values] : extras.obsm)
      write_encoded_matrix(h5::open_group(file, "obsm"), name, values);
    for (const auto& [name, texts] : extras.uns)
      write_text_array(h5::open_group(file, "uns"), name, texts);
  });
}

}  // namespace cplae::data
