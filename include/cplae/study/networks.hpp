#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cplae/core/ids.hpp"
#include "cplae/core/random.hpp"
#include "cplae/data/dataset.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/study/study.hpp"

namespace cplae::study {

/// One hyper-parameter setting of one experiment.
struct Variant {
  std::size_t experiment = 0;  ///< index into Study::experiments
  std::string id;  ///< "consensus" or "cross_validation,lambda=0.5": from content, never from position; safe
                   ///< as a file and HDF5 name
  NetworkSpec spec;
  std::vector<std::pair<std::string, std::string>>
      settings;                ///< short name of each varied key -> its value as text
  std::size_t replicates = 0;  ///< folds or initialisations
  std::string ensemble{};      ///< id of what it predicts together with the other `members`; "" without them
};

/// Whether the id is that of the variant, or of the ensemble that it is a member of.
[[nodiscard]] bool is_of(const Variant& variant, const std::string& id);

/// One trained replicate of one variant.
struct Network {
  NetworkIndex index;
  VariantIndex variant;
  std::int64_t replicate = 0;  ///< fold or initialisation
  std::string id;              ///< variant id + ",fold=3" or ",init=2"
  NetworkKey key{};            ///< of its random streams
};

struct Plan {
  std::vector<Variant> variants;
  std::vector<Network> networks;  ///< variant-major, replicates in order
};

/// Throws UsageError for a vary path or value that is not known or not allowed, naming it.
[[nodiscard]] Plan make_plan(const Study& study);

/// Short column name of a vary path: coupling.lambda -> lambda, modality.E.alpha -> alpha_E,
/// training.latent_dim -> latent_dim.
[[nodiscard]] std::string short_name(const std::string& path);

/// Paths of the keys that experiments vary, each once: experiment by experiment, sorted within one.
[[nodiscard]] std::vector<std::string> varied_paths(const Study& study);

/// Value of a key that may vary, as ids and tables say it: "0.5", "true", "relu". Throws UsageError for a
/// path that there is not.
[[nodiscard]] std::string setting_of(const NetworkSpec& spec, const std::string& path);

/// The experiment whose splits this one has: itself, or the one that its `split` names. Indices into
/// Study::experiments. Throws UsageError for a name that there is not.
[[nodiscard]] std::size_t split_owner(const Study& study, std::size_t experiment);

/// Id of the variant that others of this experiment are compared with over folds: its `reference`, else the
/// last variant of the experiment that has the splits.
[[nodiscard]] std::string reference_of(const Study& study, const Plan& plan, std::size_t experiment);

/// A column of obs as text, [cells]; numbers as text, a missing entry as "". Throws DataError if there is no
/// such column.
[[nodiscard]] std::vector<std::string> column_labels(const data::Dataset& dataset, const std::string& name);

/// Labels of the cells for stratification (column of [labels]; all "" without).
[[nodiscard]] std::vector<std::string> stratification_labels(const Study& study,
                                                             const data::Dataset& dataset);

/// The split of one network; a function of (seed, experiment, replicate) only.
[[nodiscard]] data::Split split_of(const Study& study, const Plan& plan, const Network& network,
                                   const std::vector<std::string>& labels);

/// Calls the data's modalities as the study does and leaves out those that it does not use. Throws DataError
/// naming one that there is not.
void adopt_names(const Study& study, data::Dataset& dataset);

/// Leaves out the cells that have none of the study's modalities: they would count in splits and in the sizes
/// of classes, and nothing could be learnt from them. A cell all of whose values of a modality are missing
/// lacks it, which a warning says. Returns how many were left out. Throws DataError naming a modality that
/// there is not.
[[nodiscard]] std::size_t keep_used_cells(const Study& study, data::Dataset& dataset);

/// Every check of a study against its data that can be made before anything runs (DESIGN: exit 2, nothing
/// written): named modalities and columns exist, pairs of modalities share cells, every split leaves training
/// and held-out cells of every modality, label values are leaves of the taxonomy, folds <= cells of the
/// smallest usable class (more than 10 cells) unless rare_classes = "spread", components of PC-CCA <=
/// features, ... Throws UsageError or DataError.
void check_against(const Study& study, const data::Dataset& dataset);

/// The modalities that the study names, in its order, transformed.
struct StudyData {
  std::vector<data::Modality> modalities;
  std::vector<data::FeatureScaling> scaling;  ///< per modality
  std::optional<data::Modality> types{};      ///< for networks that are taught them (supervision.hpp)

  /// Modality m of a network in training, whose last one may be the types.
  [[nodiscard]] const data::Modality& trained(std::size_t m) const {
    return m < modalities.size() ? modalities[m] : types.value();
  }
};
[[nodiscard]] StudyData prepare(const Study& study, const data::Dataset& dataset);

/// Taxonomy that [labels] names, or none. Throws DataError/IoError.
[[nodiscard]] std::optional<data::Taxonomy> taxonomy_of(const Study& study, const data::Dataset& dataset);

}  // namespace cplae::study
