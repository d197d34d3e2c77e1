#pragma once
#include <filesystem>

#include "cplae/store/results.hpp"
#include "results_shape.hpp"

namespace cplae::store {

/// Makes the file with everything in it but the rows of the variants' datasets. Local, serial: HDF5 1.10
/// cannot write texts through MPI-IO, and a file whose structure is complete needs no collective metadata.
/// Throws IoError.
void lay_out(const std::filesystem::path& path, const ResultsInput& input);

}  // namespace cplae::store
