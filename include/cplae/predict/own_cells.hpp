#pragma once
// What a finished run says of its own cells: types by latents, and the other modalities, each cell by a
// network that did not train on it where there is one.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/predict/trained.hpp"
#include "cplae/store/read_results.hpp"
#include "cplae/store/run_folder.hpp"

namespace cplae::predict {

/// All references outlive the call.
struct OwnCellsInput {
  const store::ResultsReader& results;
  study::Network network;  ///< whose latents are handed out
  std::string folds;       ///< id of a variant whose networks predict the cells that they did not train on,
                           ///< fold by fold; "": `network` alone does
  const std::vector<TrainedLabels>& labels;  ///< to be predicted
  bool is_decoded = true;                    ///< whether other modalities are decoded
};

/// Types by one labelling and the latents of one modality: QDA on the training cells of a network, by the
/// class rules of accuracy.csv. Empty and NaN: the cell lacks the modality, or there are no two classes.
struct OwnTypes {
  std::string label;
  std::size_t modality = 0;             ///< in the study's order
  std::vector<std::string> type;        ///< [cells of the run]
  std::vector<double> probability;      ///< [cells] posterior
  std::vector<std::uint8_t> is_honest;  ///< [cells] 1: by a network that did not train on the cell
};

/// One modality as decoded from another, in units of f(x) (TrainedModality); NaN where the cell lacks `from`
/// or no network has it as a held-out cell.
struct OwnDecoded {
  std::size_t from = 0;
  std::size_t to = 0;
  MatrixF values;  ///< [cells of the run x features of `to`]
};

struct OwnCells {
  std::vector<std::uint8_t> held_out;  ///< [cells] 1: `network` did not train on it
  std::vector<std::int64_t> fold;      ///< [cells] whose network did not train on it; -1: none, or no folds
  std::size_t networks = 0;            ///< of `folds` that have a result
  std::vector<OwnTypes> types;         ///< for each label, each modality
  std::vector<OwnDecoded> decoded;
};

/// Cells that no network of `folds` with a result held out are typed by `network`, and not decoded. Without
/// `folds`, `network` types all cells, and decodes those that it held out. Local. Throws DataError, IoError
/// (results.h5).
[[nodiscard]] OwnCells predict_own_cells(const OwnCellsInput& input);

/// Clusters of the run's cells (tables/consensus_cells.csv).
struct OwnClusters {
  std::string variant;                            ///< whose consensus they are
  std::vector<std::vector<std::string>> cluster;  ///< [modality][cells of the run]; "": none
};

/// Those of the variant of that id; else, where only one variant has clusters, that one's; else none. Throws
/// DataError for a table that does not fit the run.
[[nodiscard]] std::optional<OwnClusters> read_own_clusters(const store::RunFolder& folder,
                                                           const store::ResultsReader& results,
                                                           const std::string& variant);

}  // namespace cplae::predict
