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
/// cells that are present, dense X, uns/taxonomy); each modality's obs has the columns too, as mudata's
/// push_obs would put them there. Atomic: written aside and renamed. Local. Throws DataError for values or
/// extras of another shape than cells and features, IoError.
void write_h5mu(const Dataset& dataset, const std::filesystem::path& path, const Extras& extras = {});

/// An embedding to add to a copy of the user's data.
struct Embedding {
  std::string modality;  ///< of the data; the embedding is put there and among those of all cells
  std::string name;      ///< e.g. "T": becomes obsm["X_cplae_T"]
  MatrixF values;        ///< [cells of the Dataset x d], NaN where the cell lacks the modality
};

/// A matrix of a modality's features to add to a copy of the user's data.
struct Layer {
  std::string modality;               ///< of the data
  std::string name;                   ///< becomes layers[name] of the modality
  std::vector<std::string> features;  ///< of the columns; features of the data that are not among them: NaN
  MatrixF values;                     ///< [cells of the Dataset x features], NaN = none
};

/// What is added to a copy of the user's data.
struct Additions {
  std::vector<Embedding> embeddings{};
  std::vector<Layer> layers{};
  /// Columns of all cells of the Dataset; "<modality>:<name>" becomes <name> in that modality.
  std::vector<ObsColumn> obs{};
  std::map<std::string, std::vector<std::string>> uns{};  ///< lists of texts
  std::vector<std::string> kept{};  ///< columns that stay though an earlier export may have made them
};

/// Those of the columns of obs that an earlier export made, but for the `kept` ones: cplae_*, and predicted_*
/// with its _probability and _role; each also as "<modality>:<name>". Sorted. Pure.
[[nodiscard]] std::vector<std::string> exported_columns(const std::vector<std::string>& columns,
                                                        const std::vector<std::string>& kept);

/// Copies the user's own file(s) - everything in them but what an earlier export added - to an .h5mu at
/// `path` and adds the embeddings as obsm/X_cplae_<modality>, the layers, and the columns to the global obs
/// and, as mudata's push_obs does, to that of each modality. Columns that the global obs has already are put,
/// as they are stored, into the modalities where nothing has their name. Local, atomic. Throws DataError
/// where an addition has another number of rows than there are cells, or the name of a table's row names;
/// IoError.
void write_with_additions(const std::vector<std::filesystem::path>& sources,
                          const std::vector<std::string>& names, const Dataset& dataset,
                          const Additions& additions, const std::filesystem::path& path);

}  // namespace cplae::data
