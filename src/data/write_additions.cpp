#include <limits>
#include <set>
#include <unordered_map>
#include <utility>

#include "anndata_names.hpp"
#include "cplae/core/error.hpp"
#include "cplae/core/places.hpp"
#include "cplae/core/text.hpp"
#include "cplae/data/write.hpp"
#include "earlier_export.hpp"
#include "frame.hpp"
#include "mudata_file.hpp"
#include "pushed_columns.hpp"
#include "stored_columns.hpp"
#include "write_frame.hpp"

namespace cplae::data {

namespace fs = std::filesystem;

namespace {

using Places = std::unordered_map<std::string, std::size_t>;

/// The one place that additions go to: a group with obs, and the rows of its cells in the Dataset.
struct Place {
  h5::Handle group;
  std::vector<Eigen::Index> rows;
};

Place place_of(h5::Handle group, const Places& row_of) {
  std::vector<Eigen::Index> rows;
  for (const auto& cell : read_index(group, "obs", "cell")) {
    const auto row = row_of.find(cell);
    if (row == row_of.end())
      throw DataError(h5::where(group) + ": cell '" + cell +
                      "' is not in the data that was embedded, expected the same file");
    rows.push_back(static_cast<Eigen::Index>(row->second));
  }
  return {.group = std::move(group), .rows = std::move(rows)};
}

void put_matrix(const Place& place, const std::string& kind, const std::string& name, const MatrixF& values) {
  const h5::Handle dict = require_dict(place.group, kind);
  h5::remove(dict, name);
  write_encoded_matrix(dict, name, values);
}

/// A layer's columns in the order of the modality's own features.
MatrixF in_order_of(const h5::Handle& group, const Layer& layer, const std::vector<Eigen::Index>& rows) {
  const Places column_of = places_of(layer.features);
  const auto features = read_index(group, "var", "feature");
  MatrixF values =
      MatrixF::Constant(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(features.size()),
                        std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto column = column_of.find(features[i]);
    if (column != column_of.end())
      values.col(static_cast<Eigen::Index>(i)) =
          layer.values(rows, static_cast<Eigen::Index>(column->second));
  }
  return values;
}

void check_rows(const h5::Handle& file, const Dataset& dataset, const Additions& additions) {
  const auto check = [&](const std::string& what, Eigen::Index rows) {
    if (rows != static_cast<Eigen::Index>(dataset.cells.size()))
      throw DataError(h5::where(file) + ": " + what + " of " + std::to_string(rows) + " rows, expected " +
                      std::to_string(dataset.cells.size()) + " as there are cells");
  };
  for (const auto& embedding : additions.embeddings) {
    static_cast<void>(h5::open_group(file, "mod/" + embedding.modality));  // throws where there is none
    check("an embedding", embedding.values.rows());
  }
  for (const auto& layer : additions.layers) {
    static_cast<void>(h5::open_group(file, "mod/" + layer.modality));
    check("a layer", layer.values.rows());
  }
  for (const auto& column : additions.obs)
    check("a column", static_cast<Eigen::Index>(column.is_text ? column.text.size() : column.numbers.size()));
}

/// The columns of the global table of cells, as they are stored there, into a modality's: the added ones, and
/// those whose names nothing has, as the modality's row names may. The Dataset's cells are the global rows.
class PushedColumns {
public:
  PushedColumns(const h5::Handle& root, const Dataset& dataset, const Additions& additions)
      : obs_(h5::open_group(root, "obs")), columns_(column_names(root, "obs")), dataset_(dataset) {
    for (const auto& column : additions.obs)
      added_.insert(column.name);
  }

  void push(const Place& place, const PushTarget& target) const {
    const h5::Handle own = h5::open_group(place.group, "obs");
    for (const auto& pushed : pushed_names(columns_, target)) {
      if (added_.contains(pushed.stored))
        require_no_row_names(own, pushed.name);
      else if (h5::has(own, pushed.name))
        continue;
      put(place, own, pushed);
    }
  }

private:
  void put(const Place& place, const h5::Handle& own, const PushedName& pushed) const {
    if (is_stored_alone(obs_, pushed.stored)) {
      copy_column(
          {.from = obs_, .stored_name = pushed.stored, .to = own, .name = pushed.name, .rows = place.rows});
      return name_columns(own, {pushed.name});
    }
    for (const auto& column : dataset_.obs)
      if (column.name == pushed.stored) {
        auto taken = rows_taken({column}, place.rows);
        taken.front().name = pushed.name;
        return put_columns(place.group, "obs", taken);
      }
  }

  h5::Handle obs_;
  std::vector<std::string> columns_;
  std::set<std::string> added_;
  const Dataset& dataset_;
};

void add_to_modality(const Place& place, const std::string& modality, const Additions& additions) {
  for (const auto& embedding : additions.embeddings)
    if (embedding.modality == modality)
      put_matrix(place, "obsm", "X_cplae_" + embedding.name, embedding.values(place.rows, Eigen::all));
  for (const auto& layer : additions.layers)
    if (layer.modality == modality)
      put_matrix(place, "layers", layer.name, in_order_of(place.group, layer, place.rows));
}

/// Into the global tables.
void add_to_all_cells(const h5::Handle& root, const Places& row_of, const Additions& additions) {
  const Place whole = place_of(h5::open_group(root, "/"), row_of);
  put_columns(whole.group, "obs", rows_taken(additions.obs, whole.rows));
  for (const auto& embedding : additions.embeddings)
    put_matrix(whole, "obsm", "X_cplae_" + embedding.name, embedding.values(whole.rows, Eigen::all));
  for (const auto& [name, texts] : additions.uns) {
    const h5::Handle uns = require_dict(whole.group, "uns");
    h5::remove(uns, name);
    write_text_array(uns, name, texts);
  }
}

void add_all(const h5::Handle& file, const Dataset& dataset, const Additions& additions) {
  check_rows(file, dataset, additions);
  const Places row_of = places_of(dataset.cells);
  const h5::Handle root = h5::open_group(file, "/");
  if (!h5::has(root, "obs")) write_frame(root, "obs", dataset.cells);
  remove_earlier_export(root, additions.kept);
  add_to_all_cells(root, row_of, additions);
  const PushedColumns columns(root, dataset, additions);
  const auto modalities = modality_names(file);
  for (const auto& name : modalities) {
    const Place place = place_of(h5::open_group(root, "mod/" + name), row_of);
    remove_earlier_export(place.group, additions.kept);
    columns.push(place, {name, modalities});
    add_to_modality(place, name, additions);
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

void write_with_additions(const std::vector<fs::path>& sources, const std::vector<std::string>& names,
                          const Dataset& dataset, const Additions& additions, const fs::path& path) {
  if (sources.size() == 1 && holds_mudata(sources.front())) {
    write_aside(path, [&](const fs::path& part) {
      copy_bytes(sources.front(), part);
      h5::Handle file = h5::open_file_for_change(part);
      add_all(file, dataset, additions);
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
    add_all(file, dataset, additions);
  });
}

}  // namespace cplae::data
