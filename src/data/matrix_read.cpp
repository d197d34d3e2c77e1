#include "matrix_read.hpp"

#include "cplae/core/error.hpp"
#include "cplae/core/text.hpp"

namespace cplae::data {

namespace {

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::vector<std::string> sizes;
  for (const auto size : shape)
    sizes.push_back(std::to_string(size));
  return join(sizes, " x ");
}

void check_shape(const std::vector<std::uint64_t>& shape, MatrixSize expected, const std::string& where) {
  if (shape == std::vector<std::uint64_t>{expected.cells, expected.features}) return;
  throw DataError(where + ": has the shape " + shape_text(shape) + ", expected " +
                  shape_text({expected.cells, expected.features}) + " (rows of obs x rows of var)");
}

MatrixF empty_matrix(MatrixSize size, const h5::Handle& group) {
  if (size.features > 0 && size.cells > limits::elements / size.features)
    throw DataError(h5::where(group) + ": has the shape " + shape_text({size.cells, size.features}) +
                    ", expected at most " + std::to_string(limits::elements) + " elements");
  group.charge(size.cells * size.features * sizeof(float));
  return MatrixF::Zero(static_cast<Eigen::Index>(size.cells), static_cast<Eigen::Index>(size.features));
}

MatrixF read_dense(const h5::Handle& anndata, MatrixSize expected) {
  const h5::Dataset dataset = h5::open_dataset(anndata, "X");
  check_shape(dataset.shape, expected, h5::where(dataset.handle));
  dataset.handle.charge(expected.cells * expected.features * sizeof(float));
  MatrixF matrix(static_cast<Eigen::Index>(expected.cells), static_cast<Eigen::Index>(expected.features));
  h5::read(dataset, std::span<float>(matrix.data(), static_cast<std::size_t>(matrix.size())));
  return matrix;
}

/// The three arrays of a compressed matrix. "Major" are the rows of CSR and the columns of CSC.
struct Compressed {
  std::vector<float> data;
  std::vector<std::int64_t> indices;
  std::vector<std::int64_t> indptr;
};

Compressed read_compressed(const h5::Handle& group) {
  Compressed arrays;
  arrays.indptr = h5::read<std::int64_t>(group, "indptr");
  arrays.indices = h5::read<std::int64_t>(group, "indices");
  arrays.data = h5::read<float>(group, "data");
  return arrays;
}

void check_pointers(const Compressed& arrays, std::size_t major, const std::string& where) {
  if (arrays.indptr.size() != major + 1)
    throw DataError(where + "/indptr: has " + std::to_string(arrays.indptr.size()) + " entries, expected " +
                    std::to_string(major + 1));
  if (arrays.indices.size() != arrays.data.size())
    throw DataError(where + ": " + std::to_string(arrays.indices.size()) + " indices for " +
                    std::to_string(arrays.data.size()) + " values, expected as many");
  for (std::size_t i = 0; i < major; ++i)
    if (arrays.indptr[i] > arrays.indptr[i + 1])
      throw DataError(where + "/indptr: decreases at entry " + std::to_string(i + 1));
  if (arrays.indptr.front() != 0 || arrays.indptr.back() != static_cast<std::int64_t>(arrays.data.size()))
    throw DataError(where + "/indptr: runs from " + std::to_string(arrays.indptr.front()) + " to " +
                    std::to_string(arrays.indptr.back()) + ", expected 0 to " +
                    std::to_string(arrays.data.size()));
}

/// Calls add(major, minor, value) for every stored entry.
template <class Add>
void expand(const Compressed& arrays, MatrixSize majors_by_minors, const std::string& where, const Add& add) {
  check_pointers(arrays, majors_by_minors.cells, where);
  for (std::size_t major = 0; major < majors_by_minors.cells; ++major)
    for (auto k = static_cast<std::size_t>(arrays.indptr[major]);
         k < static_cast<std::size_t>(arrays.indptr[major + 1]); ++k) {
      const std::int64_t minor = arrays.indices[k];
      if (minor < 0 || minor >= static_cast<std::int64_t>(majors_by_minors.features))
        throw DataError(where + "/indices: entry " + std::to_string(k) + " is " + std::to_string(minor) +
                        ", expected 0 to " +
                        std::to_string(static_cast<std::int64_t>(majors_by_minors.features) - 1));
      add(static_cast<Eigen::Index>(major), static_cast<Eigen::Index>(minor), arrays.data[k]);
    }
}

std::string sparse_encoding(const h5::Handle& group) {
  if (const auto kind = h5::text_attribute(group, "encoding-type")) return *kind;
  // As anndata wrote it before 0.7.
  if (const auto kind = h5::text_attribute(group, "h5sparse_format")) return *kind + "_matrix";
  return "";
}

std::vector<std::uint64_t> sparse_shape(const h5::Handle& group) {
  auto shape = h5::integers_attribute(group, "shape");
  if (!shape) shape = h5::integers_attribute(group, "h5sparse_shape");
  if (!shape) throw DataError(h5::where(group) + ": no attribute 'shape', expected the shape of the matrix");
  return {shape->begin(), shape->end()};
}

MatrixF read_sparse(const h5::Handle& anndata, MatrixSize expected) {
  const h5::Handle group = h5::open_group(anndata, "X");
  const std::string where = h5::where(group);
  const std::string kind = sparse_encoding(group);
  if (kind != "csr_matrix" && kind != "csc_matrix")
    throw DataError(where + ": encoding '" + kind + "', expected array, csr_matrix or csc_matrix");
  check_shape(sparse_shape(group), expected, where);
  const Compressed arrays = read_compressed(group);
  MatrixF matrix = empty_matrix(expected, group);
  // Entries stored twice add up, as in SciPy.
  if (kind == "csr_matrix")
    expand(arrays, expected, where,
           [&](Eigen::Index row, Eigen::Index column, float value) { matrix(row, column) += value; });
  else
    expand(arrays, {.cells = expected.features, .features = expected.cells}, where,
           [&](Eigen::Index column, Eigen::Index row, float value) { matrix(row, column) += value; });
  return matrix;
}

}  // namespace

MatrixF read_matrix(const h5::Handle& anndata, MatrixSize expected) {
  switch (h5::kind(anndata, "X")) {
    case h5::Kind::dataset:
      return read_dense(anndata, expected);
    case h5::Kind::group:
      return read_sparse(anndata, expected);
    default:
      throw DataError(h5::where(anndata, "X") + ": missing, expected a matrix of numbers [cells x features]");
  }
}

}  // namespace cplae::data
