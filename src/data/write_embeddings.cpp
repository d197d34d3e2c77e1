#include <limits>
#include <unordered_map>

#include "anndata_names.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/write.hpp"
#include "frame.hpp"
#include "mudata_file.hpp"
#include "write_frame.hpp"

namespace cplae::data {

namespace fs = std::filesystem;

namespace {

/// Row of each cell of the Dataset.
using RowOf = std::unordered_map<std::string, Eigen::Index>;

RowOf rows_of(const Dataset& dataset) {
  RowOf rows;
  for (const auto& cell : dataset.cells)
    rows.emplace(cell, static_cast<Eigen::Index>(rows.size()));
  return rows;
}

/// Replaces obsm/X_cplae_<name> of one group by the embedding in that group's own order of cells.
void put(const h5::Handle& group, const Embedding& embedding, const RowOf& rows) {
  const auto cells = read_index(group, "obs", "cell");
  MatrixF values(static_cast<Eigen::Index>(cells.size()), embedding.values.cols());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto row = rows.find(cells[i]);
    if (row == rows.end())
      throw DataError(h5::where(group) + ": cell '" + cells[i] +
                      "' is not in the data that was embedded, expected the same file");
    values.row(static_cast<Eigen::Index>(i)) = embedding.values.row(row->second);
  }
  const h5::Handle obsm = require_dict(group, "obsm");
  const std::string name = "X_cplae_" + embedding.name;
  h5::remove(obsm, name);
  write_encoded_matrix(obsm, name, values);
}

void add_embeddings(const h5::Handle& file, const Dataset& dataset,
                    const std::vector<Embedding>& embeddings) {
  const RowOf rows = rows_of(dataset);
  const h5::Handle root = h5::open_group(file, "/");
  if (!h5::has(root, "obs")) write_frame(root, "obs", dataset.cells);
  for (const auto& embedding : embeddings) {
    if (embedding.values.rows() != static_cast<Eigen::Index>(dataset.cells.size()))
      throw DataError(h5::where(file) + ": an embedding of " + std::to_string(embedding.values.rows()) +
                      " rows, expected " + std::to_string(dataset.cells.size()) + " as there are cells");
    put(root, embedding, rows);
    put(h5::open_group(root, "mod/" + embedding.modality), embedding, rows);
  }
}

/// The bytes of the user's file, with everything in them, made writable.
void copy_bytes(const fs::path& source, const fs::path& part) {
  std::error_code error;
  fs::copy_file(source, part, fs::copy_options::overwrite_existing, error);
  if (!error)
    fs::permissions(part, fs::perms::owner_read | fs::perms::owner_write, fs::perm_options::add, error);
  if (error)
    throw IoError(part.string() + ": cannot be copied from " + source.string() + ": " + error.message());
}

/// Takes the name off a table's row labels. mudata joins the tables of all modalities, which pandas refuses
/// where their labels have names and those of the whole have none.
void unname_labels(const h5::Handle& group, const std::string& table) {
  const h5::Handle frame = h5::open_group(group, table);
  const std::string name = h5::text_attribute(frame, "_index").value_or("_index");
  if (name == "_index" || h5::has(frame, "_index")) return;
  h5::check(H5Lmove(frame.id(), name.c_str(), frame.id(), "_index", H5P_DEFAULT, H5P_DEFAULT),
            h5::where(frame, name) + ": cannot be renamed");
  h5::write_text_attribute(frame, "_index", "_index");
}

/// Copies all of an .h5ad file to mod/<name>.
ModalityIndex copy_anndata(const fs::path& source, const std::string& name, const h5::Handle& file) {
  const h5::Handle from = h5::open_file(source);
  const h5::Handle options(H5Pcreate(H5P_OBJECT_COPY), "HDF5 copy list");
  // Categories of anndata 0.7 are found by reference.
  h5::check(H5Pset_copy_object(options.id(), H5O_COPY_EXPAND_REFERENCE_FLAG), "HDF5 copy list");
  const h5::Handle links = h5::link_creation();
  const std::string target = "mod/" + name;
  h5::check(H5Ocopy(from.id(), "/", file.id(), target.c_str(), options.id(), links.id()),
            source.string() + ": cannot be copied");
  const h5::Handle group = h5::open_group(file, target);
  if (!h5::has_attribute(group, "encoding-type")) write_anndata_attributes(group);
  unname_labels(group, "obs");
  unname_labels(group, "var");
  return {.name = name,
          .cells = read_index(group, "obs", "cell"),
          .features = read_index(group, "var", "feature")};
}

bool holds_mudata(const fs::path& source) {
  return is_mudata(h5::open_file(source));
}

}  // namespace

void write_with_embeddings(const std::vector<fs::path>& sources, const std::vector<std::string>& names,
                           const Dataset& dataset, const std::vector<Embedding>& embeddings,
                           const fs::path& path) {
  if (sources.size() == 1 && holds_mudata(sources.front())) {
    write_aside(path, [&](const fs::path& part) {
      copy_bytes(sources.front(), part);
      h5::Handle file = h5::open_file_for_change(part);
      add_embeddings(file, dataset, embeddings);
      file.close();
    });
    return;
  }
  if (names.size() != sources.size())
    throw UsageError(path.string() + ": " + std::to_string(names.size()) + " modality names (" +
                     join(names, ", ") + ") for " + std::to_string(sources.size()) +
                     " files, expected as many");
  create_mudata_file(path, [&](const h5::Handle& file) {
    std::vector<ModalityIndex> modalities;
    for (std::size_t i = 0; i < sources.size(); ++i)
      modalities.push_back(
          copy_anndata(sources[i], names[i].empty() ? sources[i].stem().string() : names[i], file));
    write_mudata_root(file, dataset, modalities);
    add_embeddings(file, dataset, embeddings);
  });
}

}  // namespace cplae::data
