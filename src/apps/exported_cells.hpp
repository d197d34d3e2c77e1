#pragma once
// What `export` adds to the cells of a run's data, whatever the form of the file.
#include <optional>
#include <string>
#include <vector>

#include "choose_network.hpp"
#include "cplae/data/dataset.hpp"
#include "cplae/predict/own_cells.hpp"
#include "cplae/store/read_results.hpp"
#include "cplae/store/run_folder.hpp"

namespace cplae::apps {

/// A column of all cells of the data.
struct ExportedColumn {
  std::optional<std::size_t> modality;  ///< by whose latents, in the study's order
  data::ObsColumn column;
};

/// A matrix of all cells of the data, NaN where there is nothing.
struct ExportedMatrix {
  std::size_t from = 0;  ///< of latents: their modality
  std::size_t to = 0;
  MatrixF values;
};

struct ExportedCells {
  std::vector<ExportedColumn> columns;
  std::vector<ExportedMatrix> latents;  ///< [modality]
  std::vector<ExportedMatrix> decoded;
  std::vector<std::string> notes;  ///< what they are of, for people, a line each
};

/// All references outlive the call.
struct ExportInput {
  const store::RunFolder& folder;
  const store::ResultsReader& results;
  const data::Dataset& dataset;  ///< the run's data
  ChosenNetwork chosen;
  bool is_decoded = true;
};

/// The columns of labels that a study names.
[[nodiscard]] std::vector<std::string> label_columns(const study::Study& study);

/// Latents of the network; of each cell its role (training or held_out) and fold, its consensus clusters, its
/// types by the latents of each modality and its other modalities, these by the networks of the chosen
/// variant's folds, or where it has none by those that `predict` would take. Throws DataError, IoError.
[[nodiscard]] ExportedCells exported_cells(const ExportInput& input);

}  // namespace cplae::apps
