#pragma once
// Every reader fills Parts; joining and checking them is done once, here.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/data/read.hpp"

namespace cplae::data {

/// One modality as a file holds it, in the file's own order of cells.
struct Part {
  std::string name;
  std::string where;  ///< file and object, for messages
  std::vector<std::string> cells;
  std::vector<std::string> features;
  MatrixF values;  ///< [cells x features]
  std::vector<ObsColumn> obs;
  bool is_used = true;  ///< otherwise only its cells and their obs were read
};

/// All that was read.
struct Parts {
  std::string where;  ///< the file, for messages
  std::vector<Part> parts;
  std::optional<std::vector<std::string>> cells;  ///< the global cells, where the file lists them
  std::vector<ObsColumn> obs;                     ///< of the global cells
  std::optional<Taxonomy> taxonomy;
  ReadFor use = ReadFor::training;
  std::uint64_t memory_bytes = 0;  ///< that the joined data may take (limits::memory_bytes of the files)
};

/// Joins the modalities by cell name: the global cells, else the union in order of appearance. A column of
/// obs that several modalities have becomes one where they agree (a missing value agrees with any), else one
/// for each, named "modality:column"; global columns shadow them. Throws DataError for repeated names, a
/// modality without cells or features, a cell that is not in the global list, an all-NaN feature, infinite
/// values, a modality's name that is none for a file or group, more than `memory_bytes` for all cells.
[[nodiscard]] Dataset merge_parts(Parts parts);

}  // namespace cplae::data
