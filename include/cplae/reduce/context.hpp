#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/data/taxonomy.hpp"
#include "cplae/study/networks.hpp"
#include "cplae/study/panels.hpp"

namespace cplae::reduce {

/// A way to class the cells: one resolution of the taxonomy, or a column of obs as it stands.
struct LabelScheme {
  std::string label;                       ///< column of obs
  std::size_t n_classes = 0;               ///< classes before the class rules
  std::vector<std::string> class_of_cell;  ///< [cells]; "" = unlabelled
  bool is_cut = false;                     ///< a resolution of the taxonomy
};

/// What all units of statistics are computed from. Made once a rank; the same on every rank.
struct Context {
  study::Study study;
  study::Plan plan;
  study::StudyData data;
  std::vector<std::string> cells;   ///< that have any of the study's modalities
  std::size_t unused_cells = 0;     ///< of the data, left out: they have none
  std::vector<std::string> labels;  ///< [cells] of the study's label column; "" = none
  std::optional<data::Taxonomy> taxonomy;
  std::vector<std::vector<LabelScheme>> schemes;  ///< per experiment
  std::vector<study::Panel> panels;               ///< per modality
  std::function<bool()> stop;                     ///< asked now and then; true = throw Stopped
};

/// Leaves out the cells that the study does not use, checks it against the others and prepares all. Throws
/// UsageError, DataError as check_against does.
[[nodiscard]] Context make_context(study::Study study, data::Dataset dataset);

/// Between two parts of a unit's work. Throws Stopped where the run was told to stop.
void heed_stop(const Context& context);

}  // namespace cplae::reduce
