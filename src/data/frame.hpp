#pragma once
// AnnData's on-disk elements as they are read: data frames and their columns (encoding versions of anndata
// 0.7 and later).
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "h5/h5.hpp"

namespace cplae::data {

/// The row names of a data frame group. Throws DataError when it is no data frame, or a name is empty or
/// repeated; `what` is "cell" or "feature".
[[nodiscard]] std::vector<std::string> read_index(const h5::Handle& parent, const std::string& frame,
                                                  const std::string& what);

/// The columns of a data frame group in their order. Throws DataError for a column of unknown encoding or
/// wrong length.
[[nodiscard]] std::vector<ObsColumn> read_columns(const h5::Handle& parent, const std::string& frame,
                                                  std::size_t rows);

/// The names of the columns of a data frame group, in their order; none where it does not say.
[[nodiscard]] std::vector<std::string> column_names(const h5::Handle& parent, const std::string& frame);

/// One column: array, string-array, categorical, or nullable; a group or dataset `name` of `parent`, which is
/// `depth` columns deep itself (categories are a column). Throws DataError for other encodings, and for
/// columns in columns beyond limits::nesting: a group may be linked from within itself.
[[nodiscard]] ObsColumn read_column(const h5::Handle& parent, const std::string& name, int depth = 0);

/// A column as text: numbers in their shortest form, missing ones empty.
[[nodiscard]] std::vector<std::string> as_text(const ObsColumn& column);

/// Throws DataError "<where>: <what> name '...' is there twice" for the first name that is empty or repeated.
void check_names(const std::vector<std::string>& names, const std::string& what, const std::string& where);

}  // namespace cplae::data
