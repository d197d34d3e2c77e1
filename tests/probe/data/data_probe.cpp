// Lets the Python tests call the readers and writers of the data room: a JSON request on standard input, a
// JSON answer on standard output.
//   {"do": "read", "sources": ["T=a.h5ad", ...]}                            -> the Dataset
//   {"do": "write", "sources" | "dataset": ..., "path": "out.h5mu", "obsm": {"X": [[...]]}}  -> {}
//   {"do": "embed", "sources": [...], "names": [...], "path": ..., "embeddings": {"T": [[...]]}}  -> {}
//   {"do": "mat", "path": ...}   {"do": "csv", "modalities": [{"modality", "path", "transposed"}], "obs",
//   "taxonomy"}  -> the Dataset
//   {"do": "taxonomy", "path": ..., "present": [...], "classes": [5, 10]}   -> {"nodes": [...], "merges":
//   [{type: class}]}
// An error of cplae becomes {"error": its type, "message": its text}. NaN is null.
#include <cmath>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "cplae/core/error.hpp"
#include "cplae/core/log.hpp"
#include "cplae/data/import.hpp"
#include "cplae/data/read.hpp"
#include "cplae/data/write.hpp"

namespace {

using cplae::data::Dataset;
using nlohmann::json;

double number(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

template <class Matrix>
json dump_matrix(const Matrix& matrix) {
  json rows = json::array();
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    json row = json::array();
    for (Eigen::Index j = 0; j < matrix.cols(); ++j)
      row.push_back(static_cast<double>(matrix(i, j)));
    rows.push_back(std::move(row));
  }
  return rows;
}

template <class Matrix>
Matrix load_matrix(const json& rows) {
  const auto columns = rows.empty() ? 0 : rows.front().size();
  Matrix matrix(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(columns));
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    for (Eigen::Index j = 0; j < matrix.cols(); ++j)
      matrix(i, j) = static_cast<typename Matrix::Scalar>(
          number(rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]));
  return matrix;
}

json dump_taxonomy(const cplae::data::Taxonomy& taxonomy) {
  json nodes = json::array();
  for (const auto& node : taxonomy.nodes())
    nodes.push_back({{"label", node.label},
                     {"parent", node.parent},
                     {"height", node.height},
                     {"leaf", node.is_leaf},
                     {"colour", node.colour}});
  return nodes;
}

cplae::data::Taxonomy load_taxonomy(const json& nodes) {
  std::vector<cplae::data::Taxonomy::Node> list;
  for (const auto& node : nodes)
    list.push_back({.label = node["label"],
                    .parent = node["parent"],
                    .height = node["height"],
                    .is_leaf = node["leaf"],
                    .colour = node.value("colour", "")});
  return cplae::data::Taxonomy(std::move(list));
}

json dump_dataset(const Dataset& dataset) {
  json out{{"cells", dataset.cells}, {"modalities", json::array()}, {"obs", json::array()}};
  for (const auto& modality : dataset.modalities)
    out["modalities"].push_back({{"name", modality.name},
                                 {"features", modality.features},
                                 {"present", modality.present},
                                 {"values", dump_matrix(modality.values)}});
  for (const auto& column : dataset.obs)
    out["obs"].push_back(
        {{"name", column.name}, {"values", column.is_text ? json(column.text) : json(column.numbers)}});
  if (dataset.taxonomy) out["taxonomy"] = dump_taxonomy(*dataset.taxonomy);
  return out;
}

Dataset load_dataset(const json& in) {
  Dataset dataset;
  dataset.cells = in["cells"].get<std::vector<std::string>>();
  for (const auto& one : in["modalities"]) {
    cplae::data::Modality modality;
    modality.name = one["name"];
    modality.features = one["features"].get<std::vector<std::string>>();
    modality.values = load_matrix<cplae::MatrixF>(one["values"]);
    modality.present = one["present"].get<std::vector<std::uint8_t>>();
    dataset.modalities.push_back(std::move(modality));
  }
  for (const auto& one : in["obs"]) {
    cplae::data::ObsColumn column;
    column.name = one["name"];
    column.is_text = one["values"].empty() || one["values"].front().is_string();
    for (const auto& value : one["values"]) {
      if (column.is_text)
        column.text.push_back(value);
      else
        column.numbers.push_back(number(value));
    }
    dataset.obs.push_back(std::move(column));
  }
  if (in.contains("taxonomy")) dataset.taxonomy = load_taxonomy(in["taxonomy"]);
  return dataset;
}

std::vector<cplae::data::Source> sources(const json& request) {
  std::vector<cplae::data::Source> list;
  for (const auto& argument : request["sources"])
    list.push_back(cplae::data::parse_source(argument));
  return list;
}

json do_write(const json& request) {
  const Dataset dataset = request.contains("dataset") ? load_dataset(request["dataset"])
                                                      : cplae::data::read_dataset(sources(request));
  std::map<std::string, cplae::MatrixD> obsm;
  const json given = request.value("obsm", json::object());
  for (const auto& [name, rows] : given.items())
    obsm.emplace(name, load_matrix<cplae::MatrixD>(rows));
  cplae::data::write_h5mu(dataset, request["path"].get<std::string>(), {.obsm = std::move(obsm)});
  return json::object();
}

json do_embed(const json& request) {
  const auto list = sources(request);
  const Dataset dataset = cplae::data::read_dataset(list);
  std::vector<std::filesystem::path> paths;
  for (const auto& source : list)
    paths.push_back(source.path);
  std::vector<cplae::data::Embedding> embeddings;
  for (const auto& [name, rows] : request["embeddings"].items())
    embeddings.push_back({.modality = name, .name = name, .values = load_matrix<cplae::MatrixF>(rows)});
  cplae::data::write_with_additions(paths, request["names"].get<std::vector<std::string>>(), dataset,
                                    {.embeddings = std::move(embeddings)},
                                    request["path"].get<std::string>());
  return json::object();
}

json do_csv(const json& request) {
  cplae::data::CsvTables tables;
  for (const auto& one : request["modalities"])
    tables.modalities.push_back({.modality = one["modality"],
                                 .path = one["path"].get<std::string>(),
                                 .transposed = one.value("transposed", false)});
  if (request.contains("obs")) tables.obs = request["obs"].get<std::string>();
  if (request.contains("taxonomy")) tables.taxonomy = request["taxonomy"].get<std::string>();
  return dump_dataset(cplae::data::read_csv(tables));
}

json do_taxonomy(const json& request) {
  const auto taxonomy = cplae::data::read_taxonomy_csv(request["path"].get<std::string>());
  json out{{"nodes", dump_taxonomy(taxonomy)}, {"merges", json::array()}};
  if (!request.contains("present")) return out;
  const auto present = request["present"].get<std::vector<std::string>>();
  for (const std::size_t classes : request["classes"])
    out["merges"].push_back(taxonomy.merge(present, classes));
  return out;
}

json answer(const json& request) {
  const std::string what = request["do"];
  if (what == "read") return dump_dataset(cplae::data::read_dataset(sources(request)));
  if (what == "write") return do_write(request);
  if (what == "embed") return do_embed(request);
  if (what == "csv") return do_csv(request);
  if (what == "mat") return dump_dataset(cplae::data::read_mat(request["path"].get<std::string>()));
  if (what == "taxonomy") return do_taxonomy(request);
  throw cplae::UsageError("data_probe: unknown request '" + what + "'");
}

json failure(const std::string& type, const std::exception& error) {
  return {{"error", type}, {"message", error.what()}};
}

json answer_or_error(const json& request) {
  try {
    return answer(request);
  } catch (const cplae::DataError& error) {
    return failure("DataError", error);
  } catch (const cplae::IoError& error) {
    return failure("IoError", error);
  } catch (const cplae::UsageError& error) {
    return failure("UsageError", error);
  }
}

}  // namespace

int main() {
  cplae::log::set_level(cplae::log::Level::warning);
  std::cout << answer_or_error(json::parse(std::cin)).dump(-1, ' ', false, json::error_handler_t::replace)
            << '\n';
  return 0;
}
