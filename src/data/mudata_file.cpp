#include "mudata_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <unordered_map>

#include "cplae/core/error.hpp"
#include "cplae/core/files.hpp"
#include "cplae/core/version.hpp"
#include "write_frame.hpp"

namespace cplae::data {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t user_block_bytes = 512;

/// The text by which mudata knows its files.
void write_magic(const fs::path& path) {
  std::string block = "MuData (format-version=0.1.0;creator=cplae;creator-version=" + version() + ")";
  block.resize(user_block_bytes, '\0');
  errno = 0;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.write(block.data(), static_cast<std::streamsize>(block.size()));
  file.close();
  const std::string reason = errno == 0 ? "" : ": " + std::generic_category().message(errno);
  if (!file) throw IoError(path.string() + ": the user block cannot be written" + reason);
}

void write_encoder(const h5::Handle& object) {
  h5::write_text_attribute(object, "encoder", "cplae");
  h5::write_text_attribute(object, "encoder-version", version());
}

/// Place of every name among `all`, from 1; 0 = not there. As MuData's obsmap and varmap have it.
void write_map(const h5::Handle& parent, const std::string& name, const std::vector<std::uint32_t>& places) {
  write_encoded_array(parent, name, std::span<const std::uint32_t>(places), {places.size()});
}

void write_cell_maps(const h5::Handle& file, const Dataset& dataset,
                     const std::vector<ModalityIndex>& modalities) {
  const h5::Handle masks = require_dict(file, "obsm");
  const h5::Handle maps = require_dict(file, "obsmap");
  for (const auto& modality : modalities) {
    std::unordered_map<std::string, std::uint32_t> place;
    for (const auto& cell : modality.cells)
      place.emplace(cell, static_cast<std::uint32_t>(place.size() + 1));
    std::vector<std::uint32_t> places;
    std::vector<std::uint8_t> mask;
    for (const auto& cell : dataset.cells) {
      const auto at = place.find(cell);
      places.push_back(at == place.end() ? 0 : at->second);
      mask.push_back(at == place.end() ? 0 : 1);
    }
    write_map(maps, modality.name, places);
    write_encoded_bools(masks, modality.name, mask);
  }
}

/// The global features are those of all modalities, one after the other.
void write_feature_maps(const h5::Handle& file, const std::vector<ModalityIndex>& modalities) {
  std::vector<std::string> features;
  for (const auto& modality : modalities)
    features.insert(features.end(), modality.features.begin(), modality.features.end());
  write_frame(file, "var", features);
  const h5::Handle masks = require_dict(file, "varm");
  const h5::Handle maps = require_dict(file, "varmap");
  std::size_t start = 0;
  for (const auto& modality : modalities) {
    std::vector<std::uint32_t> places(features.size(), 0);
    std::vector<std::uint8_t> mask(features.size(), 0);
    for (std::size_t i = 0; i < modality.features.size(); ++i) {
      places[start + i] = static_cast<std::uint32_t>(i + 1);
      mask[start + i] = 1;
    }
    start += modality.features.size();
    write_map(maps, modality.name, places);
    write_encoded_bools(masks, modality.name, mask);
  }
}

}  // namespace

void write_aside(const fs::path& path, const std::function<void(const fs::path& part)>& make) {
  const fs::path part = part_of(path);
  try {
    std::error_code none;
    fs::remove(part, none);  // a link of this name would lead elsewhere
    make(part);
    commit_file(part, path);
  } catch (...) {
    std::error_code ignored;
    fs::remove(part, ignored);
    throw;
  }
}

void create_mudata_file(const fs::path& path, const std::function<void(const h5::Handle& file)>& fill) {
  write_aside(path, [&](const fs::path& part) {
    h5::Handle file = h5::create_file(part, {.user_block_bytes = user_block_bytes});
    fill(file);
    file.close();
    write_magic(part);
  });
}

void write_mudata_root(const h5::Handle& file, const Dataset& dataset,
                       const std::vector<ModalityIndex>& modalities) {
  const h5::Handle root = h5::open_group(file, "/");
  write_encoding(root, "MuData", "0.1.0");
  write_encoder(root);
  h5::write_integer_attribute(root, "axis", 0);
  std::vector<std::string> order;
  for (const auto& modality : modalities)
    order.push_back(modality.name);
  h5::write_texts_attribute(h5::open_group(file, "mod"), "mod-order", order);
  write_frame(file, "obs", dataset.cells, dataset.obs);
  write_cell_maps(file, dataset, modalities);
  write_feature_maps(file, modalities);
  for (const char* name : {"obsp", "varp", "uns"})
    (void)require_dict(file, name);
  if (dataset.taxonomy) write_stored_taxonomy(file, *dataset.taxonomy);
}

void write_anndata_attributes(const h5::Handle& group) {
  write_encoding(group, "anndata", "0.1.0");
  write_encoder(group);
}

}  // namespace cplae::data
