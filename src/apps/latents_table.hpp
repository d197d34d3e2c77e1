#pragma once
#include <filesystem>

#include "exported_cells.hpp"

namespace cplae::apps {

/// Writes one row a cell: cell; the text columns of obs; the columns of `exported`, those by the latents of a
/// modality with _<modality> behind their name; z_<modality>_0.. of every latent; decoded_<to>_from_<from>_
/// <feature> of all that is decoded. Nothing where there is none. Atomic. Throws IoError.
void write_latents_table(const ExportInput& input, const ExportedCells& exported,
                         const std::filesystem::path& path);

}  // namespace cplae::apps
