#pragma once
#include <optional>
#include <string>

#include "cplae/data/dataset.hpp"
#include "cplae/study/networks.hpp"

namespace cplae::study {

/// Of the modality of types: a name that no modality of a study can have.
inline constexpr const char* types_name = "(types)";

/// Whether networks of the spec are to be taught types: training.supervision > 0 and lambda > 0.
[[nodiscard]] bool is_supervised(const NetworkSpec& spec);

/// Whether any network of the study is, and there are labels.
[[nodiscard]] bool has_supervision(const Study& study, const Plan& plan);

/// The cells' types as a modality to teach: a feature for each class of `labels.column`, for each class of a
/// column of `labels.also` that is a coarser level of it (types of more than 10 cells determine its classes:
/// Goodman and Kruskal's lambda of at least 0.8, which a donor or a batch has not), and for each inner node
/// of the taxonomy. 1 for the cells of it, 0 for others of which the level knows a class, NaN for those of
/// which it does not; times one number, so that p (1 - p), p the share of a feature's cells, is 1 in the
/// mean. Features of at most 10 cells, of all cells that have any feature or of the same cells as another one
/// are left out. A cell of no feature lacks the modality. [cells x features]. Nothing where fewer than two
/// features are left. Throws DataError if there is no such column.
[[nodiscard]] std::optional<data::Modality> types_of(const Study& study, const data::Dataset& dataset,
                                                     const std::optional<data::Taxonomy>& taxonomy);

/// The spec as it is trained: where it is supervised and there are types, as many as latent dimensions, with
/// these as one modality more, the last one, as wide as the one before it.
[[nodiscard]] NetworkSpec taught(const NetworkSpec& spec, const StudyData& data);

/// Whether it is one of those that `taught` makes with types.
[[nodiscard]] bool is_taught(const NetworkSpec& spec);

/// The spec without the types, if it has them.
[[nodiscard]] NetworkSpec measured(NetworkSpec spec);

}  // namespace cplae::study
