#pragma once
#include <string>

#include "cplae/core/matrix.hpp"
#include "h5/h5.hpp"

namespace cplae::data {

/// What the rows and columns of an AnnData object say of its X.
struct MatrixSize {
  std::size_t cells = 0;
  std::size_t features = 0;
};

/// Reads `X` of an AnnData group: a dense array, or csr_matrix or csc_matrix, of any integer or floating type
/// or bool. Throws DataError: missing, text, unknown encoding, another shape than `expected`, indices out of
/// range. [cells x features]
[[nodiscard]] MatrixF read_matrix(const h5::Handle& anndata, MatrixSize expected);

}  // namespace cplae::data
