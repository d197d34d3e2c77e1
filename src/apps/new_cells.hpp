#pragma once
// New cells for `predict`: which modalities, what their values are, and how they are read.
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/data/read.hpp"
#include "cplae/predict/input.hpp"
#include "cplae/predict/predict.hpp"
#include "cplae/study/study.hpp"

namespace cplae::apps {

/// Places in the study of the modalities of these names, in the study's order. Throws UsageError for a name
/// that is unknown or given twice.
[[nodiscard]] std::vector<std::size_t> modalities_named(const study::Study& study,
                                                        const std::vector<std::string>& names);

/// What the values of new cells are: KIND for all modalities, NAME=KIND for one.
class InputKinds {
public:
  /// `modalities`: names of those that are read. Throws UsageError for words of another form, or twice for
  /// one modality.
  InputKinds(const std::vector<std::string>& words, const std::vector<std::string>& modalities);

  /// None: not said.
  [[nodiscard]] std::optional<predict::InputKind> of(const std::string& modality) const;

private:
  std::map<std::string, predict::InputKind> kinds_;  ///< "": of all
};

/// Cells of new files that have one of the modalities at least.
struct NewCells {
  std::vector<std::string> cells;
  std::vector<data::ObsColumn> obs;
  std::vector<data::Modality> modalities;  ///< as asked for, by the study's names
  std::vector<std::string> notes;          ///< what was left out, for people; a line each
};

/// A cell without a finite value in a modality lacks it. Throws DataError where a modality is not there, or
/// no cell has one, or as read_data does.
[[nodiscard]] NewCells read_new_cells(const std::vector<data::Source>& sources,
                                      const std::vector<study::ModalitySpec>& modalities);

/// One of the modalities, and what is known of it.
struct Preparation {
  const data::Modality& found;  ///< of all cells
  const std::vector<std::string>& cells;
  std::size_t modality = 0;  ///< in the study's order
  const predict::TrainedModality& trained;
  std::optional<predict::InputKind> kind;
  const predict::HeldOutCells& held_out;
};

/// As the networks take it, of the cells that have it; `notes` gets what was done. Throws as
/// predict::prepare_input.
[[nodiscard]] predict::NewModality prepare_modality(const Preparation& how, std::vector<std::string>& notes);

}  // namespace cplae::apps
