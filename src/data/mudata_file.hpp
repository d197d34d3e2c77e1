#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "h5/h5.hpp"

namespace cplae::data {

/// Which cells and features a modality of a file has, in the file's order.
struct ModalityIndex {
  std::string name;
  std::vector<std::string> cells;
  std::vector<std::string> features;
};

/// Makes an .h5mu file: user block, then what `fill` writes. Atomic: written aside, fsync, rename. Throws
/// IoError; then nothing is left behind.
void create_mudata_file(const std::filesystem::path& path,
                        const std::function<void(const h5::Handle& file)>& fill);

/// Makes a file aside with `make(part)` and renames it to `path`; removes it when anything throws.
void write_aside(const std::filesystem::path& path,
                 const std::function<void(const std::filesystem::path& part)>& make);

/// Writes the root of a MuData file: attributes, mod-order, global obs and var with their maps, uns/taxonomy.
/// Pre-condition: the group `mod` exists.
void write_mudata_root(const h5::Handle& file, const Dataset& dataset,
                       const std::vector<ModalityIndex>& modalities);

/// The attributes of one modality's group.
void write_anndata_attributes(const h5::Handle& group);

}  // namespace cplae::data
