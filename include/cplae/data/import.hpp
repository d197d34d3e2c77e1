#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"

namespace cplae::data {

/// Reads the authors' MATLAB v5 file (compressed or not): `T_dat` [cells x genes] with `gene_id` becomes
/// modality T; `E_pc_scaled` with `pc_name` followed by `E_feature` with `feature_name` becomes modality E,
/// NaN = missing; `cluster` becomes the column of obs; cells are named by `sample_id`. Names may be cell
/// arrays, character matrices or (cluster, sample_id) numbers. Local. Throws IoError when MATLAB's format
/// cannot be read, DataError naming file and field otherwise. Source: AllenInstitute/coupledAE-patchseq.
[[nodiscard]] Dataset read_mat(const std::filesystem::path& path);

/// Text tables of one study: CSV or TSV, plain or gzip, a header, names of cells in the first column.
struct CsvTables {
  struct Table {
    std::string modality;
    std::filesystem::path path;
    bool transposed = false;  ///< features x cells: names of cells in the header
  };
  std::vector<Table> modalities;                  ///< K >= 1
  std::optional<std::filesystem::path> obs;       ///< columns of obs by cell name; other cells are left out
  std::optional<std::filesystem::path> taxonomy;  ///< see read_taxonomy_csv
};

/// Reads them; blank, NA, N/A and NaN are missing. A column of obs is numeric when all its values are
/// numbers. Cells: union over the modalities in order of appearance. Local. Throws UsageError without a
/// table, IoError, DataError naming file, line and column.
[[nodiscard]] Dataset read_csv(const CsvTables& tables);

}  // namespace cplae::data
