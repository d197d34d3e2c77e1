#include "cplae/core/error.hpp"
#include "cplae/core/limits.hpp"
#include "cplae/data/import.hpp"
#include "mat_file.hpp"
#include "merge.hpp"

namespace cplae::data {

namespace {

/// A matrix and the names of its columns.
struct Block {
  MatrixF values;
  std::vector<std::string> features;
};

Block read_block(const MatFile& file, const std::string& values, const std::string& names) {
  Block block{.values = file.matrix(values), .features = file.texts(names)};
  if (block.values.cols() != static_cast<Eigen::Index>(block.features.size()))
    throw DataError(file.where(values) + ": has " + std::to_string(block.values.cols()) +
                    " columns, expected " + std::to_string(block.features.size()) + " as '" + names +
                    "' has names");
  return block;
}

Part to_part(const std::string& name, Block block, const std::vector<std::string>& cells,
             const std::string& where) {
  if (block.values.rows() != static_cast<Eigen::Index>(cells.size()))
    throw DataError(where + ": has " + std::to_string(block.values.rows()) + " rows, expected " +
                    std::to_string(cells.size()) + " as 'sample_id' has cells");
  Part part;
  part.name = name;
  part.where = where;
  part.cells = cells;
  part.features = std::move(block.features);
  part.values = std::move(block.values);
  return part;
}

Block side_by_side(const Block& left, const Block& right, const std::string& where) {
  if (left.values.rows() != right.values.rows())
    throw DataError(where + ": has " + std::to_string(right.values.rows()) + " rows, expected " +
                    std::to_string(left.values.rows()) + " as 'E_pc_scaled'");
  Block both;
  both.values.resize(left.values.rows(), left.values.cols() + right.values.cols());
  both.values << left.values, right.values;
  both.features = left.features;
  both.features.insert(both.features.end(), right.features.begin(), right.features.end());
  return both;
}

ObsColumn read_cluster(const MatFile& file, std::size_t cells) {
  ObsColumn column;
  column.name = "cluster";
  column.text = file.texts("cluster");
  if (column.text.size() != cells)
    throw DataError(file.where("cluster") + ": has " + std::to_string(column.text.size()) +
                    " labels, expected " + std::to_string(cells) + " as 'sample_id' has cells");
  return column;
}

}  // namespace

Dataset read_mat(const std::filesystem::path& path) {
  const MatFile file(path);
  Parts parts;
  parts.where = path.string();
  parts.memory_bytes = limits::memory_bytes(file.bytes());
  const auto cells = file.texts("sample_id");
  parts.cells = cells;
  parts.obs.push_back(read_cluster(file, cells.size()));
  parts.parts.push_back(to_part("T", read_block(file, "T_dat", "gene_id"), cells, file.where("T_dat")));
  Block electrophysiology =
      side_by_side(read_block(file, "E_pc_scaled", "pc_name"), read_block(file, "E_feature", "feature_name"),
                   file.where("E_feature"));
  parts.parts.push_back(
      to_part("E", std::move(electrophysiology), cells, file.where("E_pc_scaled") + " and 'E_feature'"));
  return merge_parts(std::move(parts));
}

}  // namespace cplae::data
