#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"

namespace cplae::data {

/// What an .h5mu holds beside a Dataset. Matrices have a row for each of its cells; of a modality's, those of
/// its cells are written.
struct Extras {
  std::map<std::string, MatrixD> obsm{};  ///< global embeddings: name -> [cells x d]
  struct OfModality {
    std::map<std::string, MatrixD> obsm{};    ///< name -> [cells x d]
    std::map<std::string, MatrixF> layers{};  ///< name -> [cells x features]
  };
  std::map<std::string, OfModality> modalities{};
  std::map<std::string, std::vector<std::string>> uns{};  ///< lists of texts
};

/// Writes an .h5mu file as mudata writes it (global obs, obsmap, var, per-modality AnnData with only the
/// cells that are present, dense X, uns/taxonomy). Atomic: written aside and renamed. Local. Throws DataError
/// for values or extras of another shape than cells and features, IoError.
void write_h5mu(const Dataset& dataset, const std::filesystem::path& path, const Extras& extras = {});

/// An embedding to add to a copy of the user's data.
struct Embedding {
  std::string modality;  ///< of the data; the embedding is put there and among those of all cells
  std::string name;      ///< e.g. "T": becomes obsm["X_cplae_T"]
  MatrixF values;        ///< [cells of the Dataset x d], NaN where the cell lacks the modality
};

/// Copies the user's own file(s) - everything in them - to an .h5mu at `path` and adds the embeddings as
/// obsm/X_cplae_<modality>. Local, atomic.
void write_with_embeddings(const std::vector<std::filesystem::path>& sources,
                           const std::vector<std::string>& names, const Dataset& dataset,
                           const std::vector<Embedding>& embeddings, const std::filesystem::path& path);

}  // namespace cplae::data
