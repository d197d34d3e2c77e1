#pragma once
// Columns of a frame as they are stored: moved to another frame without a way through the types of a Dataset,
// which has texts and float64 alone.
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "h5/h5.hpp"

namespace cplae::data {

/// Whether all of the column is in its own object. anndata 0.7 kept the categories of categorical ones beside
/// them, in `__categories`.
[[nodiscard]] bool is_stored_alone(const h5::Handle& frame, const std::string& column);

/// One column of a frame, and what it becomes in another one. `rows`: of the column, in the order of the
/// other frame.
struct ColumnCopy {
  const h5::Handle& from;
  const std::string& stored_name;
  const h5::Handle& to;
  const std::string& name;
  const std::vector<Eigen::Index>& rows;
};

/// Writes the rows of a column with its type, missing values, and categories in their order, in place of what
/// has that name. Names no column: see name_columns. Pre-condition: is_stored_alone. Throws DataError for a
/// column that cannot be read or has fewer rows, IoError.
void copy_column(const ColumnCopy& copy);

}  // namespace cplae::data
