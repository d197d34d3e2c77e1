#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cplae/stats/paired.hpp"
#include "cplae/store/verify.hpp"

namespace cplae::reduce {

/// The tables of a run against their checksums (tables/SHA256SUMS). Nothing is found where there is no such
/// file: the tables are not all written. A table that the file does not name is damage. Local. Throws
/// IoError.
[[nodiscard]] store::Inspection inspect_tables(const std::filesystem::path& tables);
/// Throws DataError naming the first table that is not as its checksum says. Local. Throws IoError.
void require_whole_tables(const std::filesystem::path& tables);

/// Two runs' tables, byte by byte: the first difference in words (table, line, both lines); none if there is
/// none. Local. Throws IoError.
[[nodiscard]] std::optional<std::string> first_table_difference(const std::filesystem::path& one,
                                                                const std::filesystem::path& other);

/// One measure of one variant, in two runs, over their folds or initialisations.
struct MeasurePair {
  std::string variant;
  std::string measure;                 ///< as in summary.csv
  std::vector<std::string> replicate;  ///< "fold 0", "init 3"
  std::vector<double> first, second;   ///< [replicate]; NaN: no number
};

struct PairedMeasures {
  std::vector<MeasurePair> pairs;  ///< what both runs have, in the replicates that both have
  /// What only one run has, by name: "'r2 M<-T' of folds", "fold 3 of 'r2 E<-T' of folds".
  std::vector<std::string> only_first, only_second;
  std::vector<std::string> of_other_terms;  ///< total losses whose terms are not the same in both
};

/// Every measure of the tables of two runs (accuracies, R2, mean squared errors, losses of the kept networks
/// on held-out cells, best numbers of components), paired by variant and replicate. Local. Throws DataError
/// when the runs have none in common, IoError.
[[nodiscard]] PairedMeasures pair_measures(const std::filesystem::path& one,
                                           const std::filesystem::path& other);

}  // namespace cplae::reduce
