#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cplae/data/transform.hpp"

namespace cplae::study {

enum class Output : unsigned char { linear, relu };
enum class CouplingScale : unsigned char { min_singular_value, none, per_dimension, norm };
enum class ExperimentKind : unsigned char { kfold, repeats, sweep };
/// How networks are trained; `automatic` is the fastest that there is.
enum class Trainer : unsigned char { automatic, fused, reference };
/// Of the matrix products of training on a GPU.
enum class Precision : unsigned char { fp32, tf32 };
/// How the learning rate falls after the warm-up.
enum class RateSchedule : unsigned char { constant, linear, cosine };
/// What a study takes where it does not say: see `cplae help keys`.
enum class Recipe : unsigned char { paper, lean, predict };
/// What the biases of a decoder's output start from.
enum class OutputBias : unsigned char { zero, mean };
/// What to do with labels so rare that some fold holds none of them.
enum class RareClasses : unsigned char { refuse, spread };

/// `[[modality]]`
struct ModalitySpec {
  std::string name;
  std::string source{};  ///< its name in the data; empty = `name`
  data::Transform transform = data::Transform::none;
  data::FeatureWeight feature_weight = data::FeatureWeight::equal;
  std::vector<std::int64_t> hidden{
      50, 50, 50,
      50};  ///< units of the encoder's hidden layers; the decoder has the same ones, last to first
  double dropout = 0.0;   ///< of the encoder's input, in [0, 1)
  double noise_sd = 0.0;  ///< of the encoder's input, times the variance of each feature over training cells
  double decoder_dropout = 0.0;  ///< before the decoder's output layer, in [0, 1)
  Output output = Output::linear;
  OutputBias output_bias = OutputBias::zero;
  double alpha = 1.0;   ///< weight of the reconstruction loss
  std::string panel{};  ///< list of features over which types are compared; no part of a network
  friend bool operator==(const ModalitySpec&, const ModalitySpec&) = default;
};

/// `[coupling]`
struct CouplingSpec {
  double lambda = 1.0;
  CouplingScale scale = CouplingScale::min_singular_value;
  bool augment_decoders = true;   ///< has no effect at lambda = 0
  bool augment_encoders = false;  ///< has no effect where decoders are not augmented
  friend bool operator==(const CouplingSpec&, const CouplingSpec&) = default;
};

/// Of `keep_best_after`: more than `steps` can be.
inline constexpr std::int64_t always_last = 1'000'000'000;

/// `[training]`
struct TrainingSpec {
  std::int64_t latent_dim = 3;
  std::int64_t batch = 200;
  std::int64_t steps = 20000;
  double learning_rate = 1e-3;  ///< after the warm-up
  RateSchedule schedule = RateSchedule::constant;
  double final_rate = 0.0;    ///< of a schedule, at the last step: a share of learning_rate
  std::int64_t warm_up = 0;   ///< steps in which the rate rises from 0
  double weight_decay = 0.0;  ///< of weights, not of biases; decoupled from the gradient
  std::int64_t validate_every = 500;
  std::int64_t keep_best_after = 10000;  ///< always_last: the last network, whatever `steps` is
  std::int64_t patience = 0;  ///< validations without a better one after which training ends; 0 = never
  double average_last = 0;    ///< share of the steps, at the end, over whose validations weights are averaged
  double supervision = 0;     ///< weight of the types of labels.column, which are taught with the modalities
  Trainer trainer = Trainer::automatic;
  Precision precision = Precision::fp32;
  double checkpoint_seconds = 60;  ///< does not change any result
  friend bool operator==(const TrainingSpec&, const TrainingSpec&) = default;
};

/// `[labels]`
struct LabelsSpec {
  std::string column;             ///< empty = no labels
  std::string taxonomy;           ///< "data", a path relative to the study file, or empty
  std::vector<std::string> also;  ///< further columns, scored as they are
  friend bool operator==(const LabelsSpec&, const LabelsSpec&) = default;
};

using Value = std::variant<bool, std::int64_t, double, std::string>;

/// One `vary` key: a path such as "coupling.lambda" or "modality.E.alpha" and its settings.
struct VaryKey {
  std::string path;
  std::vector<Value> values;
  friend bool operator==(const VaryKey&, const VaryKey&) = default;
};

/// Names of the baselines without latents that `baselines` takes.
[[nodiscard]] const std::vector<std::string>& baseline_methods();

/// `[[experiment]]`
struct ExperimentSpec {
  std::string name;
  ExperimentKind kind = ExperimentKind::kfold;
  std::int64_t folds = 10;            ///< kfold
  std::int64_t members = 1;           ///< kfold: networks a fold, which are averaged too
  std::int64_t initialisations = 5;   ///< repeats, sweep
  double test_fraction = 0.2;         ///< repeats, sweep
  std::vector<VaryKey> vary;          ///< every combination is a variant
  std::vector<std::int64_t> classes;  ///< resolutions of the taxonomy, beside the leaf types
  std::vector<std::vector<std::int64_t>>
      pc_cca;  ///< principal components of the first two modalities, one baseline each
  std::vector<std::string> baselines;  ///< of baseline_methods(), on the same folds
  std::string reference;  ///< id of the variant that the others are compared with; "" = the last one
  std::vector<std::int64_t> components;  ///< mixtures: first and last count; empty = no mixtures
  std::int64_t starts = 50;              ///< mixtures: starts a count
  RareClasses rare_classes = RareClasses::refuse;
  std::string split;  ///< the experiment whose splits this one shares; "" = its own
  friend bool operator==(const ExperimentSpec&, const ExperimentSpec&) = default;
};

/// What one network is: the part of a study that `vary` changes.
struct NetworkSpec {
  std::vector<ModalitySpec> modalities;
  CouplingSpec coupling;
  TrainingSpec training;
  friend bool operator==(const NetworkSpec&, const NetworkSpec&) = default;
};

/// All of a study file.
struct Study {
  std::string name = "study";
  std::uint64_t seed = 0;
  Recipe recipe = Recipe::paper;
  NetworkSpec base;
  LabelsSpec labels;
  std::vector<ExperimentSpec> experiments;
  std::string
      folder;  ///< where the study file lies; relative paths start there; not part of the study's text
  /// Compares what the study's text says; where the file lies is no part of it.
  friend bool operator==(const Study& a, const Study& b) {
    return a.name == b.name && a.seed == b.seed && a.recipe == b.recipe && a.base == b.base &&
           a.labels == b.labels && a.experiments == b.experiments;
  }
};

/// What a modality is called in the data.
[[nodiscard]] inline const std::string& source_name(const ModalitySpec& modality) {
  return modality.source.empty() ? modality.name : modality.source;
}

/// What the data call the study's modalities, in the study's order.
[[nodiscard]] inline std::vector<std::string> source_names(const Study& study) {
  std::vector<std::string> names;
  for (const auto& modality : study.base.modalities)
    names.push_back(source_name(modality));
  return names;
}

}  // namespace cplae::study
