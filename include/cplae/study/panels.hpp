#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "cplae/data/dataset.hpp"
#include "cplae/study/study.hpp"

namespace cplae::study {

/// The features of a modality over which types are compared.
struct Panel {
  std::vector<std::size_t> features;  ///< places in the modality, in the order of the list; none: no list
  std::vector<std::string> lacking;   ///< names of the list that the modality lacks
};

/// Fewer numbers have no correlation that means anything.
inline constexpr std::size_t least_panel = 3;

/// The lists that `modality.<name>.panel` names, one a modality; without features where there is none, and
/// where the data have not one of its names. A list has one name a line; blank lines and those that begin
/// with # do not count. `dataset` calls modalities as the study does. Throws UsageError for a list that
/// cannot be read, has a name twice, or of which the data have one name or two.
[[nodiscard]] std::vector<Panel> panels_of(const Study& study, const data::Dataset& dataset);

/// As panels_of, and warns of the names that the data lack.
void check_panels(const Study& study, const data::Dataset& dataset);

/// Gives the modalities of `study` the panels that those of the same names have in `other`, the others none:
/// lists choose what is measured, never what is trained.
void adopt_panels(Study& study, const Study& other);

}  // namespace cplae::study
