#pragma once
// AnnData's on-disk elements as they are written (encoding versions of anndata 0.8, which later ones read).
#include <string>
#include <string_view>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "h5/h5.hpp"

namespace cplae::data {

/// Marks an object with AnnData's encoding-type and encoding-version.
void write_encoding(const h5::Handle& object, std::string_view type, std::string_view version);

/// Makes a group with the encoding of a dict, or opens the one that is there.
h5::Handle require_dict(const h5::Handle& parent, const std::string& name);

/// Writes an array of texts with its encoding.
void write_text_array(const h5::Handle& parent, const std::string& name,
                      const std::vector<std::string>& values);

/// Writes a data frame: row names and columns. Text becomes categorical (missing = code -1), numbers float64.
void write_frame(const h5::Handle& parent, const std::string& name, const std::vector<std::string>& index,
                 const std::vector<ObsColumn>& columns = {});

/// Throws DataError where the frame's row names have this name: a column of it would take their place.
void require_no_row_names(const h5::Handle& frame, const std::string& column);

/// Names columns of the frame, behind the others where they are new.
void name_columns(const h5::Handle& frame, const std::vector<std::string>& columns);

/// Puts columns into the frame that is there, in the place of those of their names or behind the others.
/// Pre-condition: a value for each of its rows. Throws DataError for one that has the name of the row names.
void put_columns(const h5::Handle& parent, const std::string& name, const std::vector<ObsColumn>& columns);

/// Writes `uns/taxonomy`, a data frame with label, parent, height and leaf.
void write_stored_taxonomy(const h5::Handle& parent, const Taxonomy& taxonomy);

/// Writes a numeric array with its encoding.
template <class T>
void write_encoded_array(const h5::Handle& parent, const std::string& name, std::span<const T> values,
                         const h5::Shape& shape) {
  const h5::Handle array = h5::write_array(parent, name, values, shape);
  write_encoding(array, "array", "0.2.0");
}

/// Writes a matrix with its encoding. [rows x columns], row-major
template <class Matrix>
void write_encoded_matrix(const h5::Handle& parent, const std::string& name, const Matrix& matrix) {
  using Scalar = typename Matrix::Scalar;
  write_encoded_array(parent, name,
                      std::span<const Scalar>(matrix.data(), static_cast<std::size_t>(matrix.size())),
                      {static_cast<std::uint64_t>(matrix.rows()), static_cast<std::uint64_t>(matrix.cols())});
}

/// A bool array with its encoding.
void write_encoded_bools(const h5::Handle& parent, const std::string& name,
                         std::span<const std::uint8_t> values);

}  // namespace cplae::data
