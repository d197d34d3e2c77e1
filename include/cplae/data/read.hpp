#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"

namespace cplae::data {

/// One input file; `name` names the modality of an .h5ad file (default: the file's stem) and is empty for an
/// .h5mu file.
struct Source {
  std::filesystem::path path;
  std::string name;
};

/// Parses `[NAME=]PATH` of the command line.
[[nodiscard]] Source parse_source(const std::string& argument);

/// What data are read for: to train on, or for networks that are there. New cells may lack a feature in every
/// cell, and what their file says of a taxonomy is not read.
enum class ReadFor : unsigned char { training, prediction };

/// Reads one .h5mu file, or one or more .h5ad files (one modality each; cells matched by name, union in order
/// of appearance). Local. Columns of obs: the file's global ones, then those of each modality that no global
/// one shadows. uns/taxonomy, if there, becomes `taxonomy`. Throws DataError (one line: file, object, found,
/// expected) for content that cannot be used - repeated cell or feature names, text in X, an all-NaN feature,
/// infinite values, a modality without cells, unknown encodings - and IoError when HDF5 cannot read the file.
/// Of modalities that are not among `modalities` (none named: all are read) only cells and obs are looked at;
/// where one of those named is not there, all are read.
[[nodiscard]] Dataset read_dataset(const std::vector<Source>& sources,
                                   const std::vector<std::string>& modalities = {},
                                   ReadFor use = ReadFor::training);

/// Taxonomy table as CSV with columns label, parent, height, leaf (R's dendrogram table has them; others are
/// ignored; NA = empty).
[[nodiscard]] Taxonomy read_taxonomy_csv(const std::filesystem::path& path);

}  // namespace cplae::data
