#pragma once
#include <filesystem>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/data/write.hpp"

namespace cplae::apps {

/// Writes one row a cell: cell, the text columns of obs, then z_<modality>_0.. of every embedding; nothing
/// where a cell lacks the modality. Atomic. Throws IoError.
void write_latents_table(const data::Dataset& dataset, const std::vector<data::Embedding>& embeddings,
                         const std::filesystem::path& path);

}  // namespace cplae::apps
