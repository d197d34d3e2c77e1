#include "fields.hpp"

#include <algorithm>

#include "bind.hpp"

namespace cplae::study {

namespace {

// Whole numbers: TOML's own limit for a seed, and limits that no study of this world meets for the others, so
// that a slip is an error and sums of them cannot overflow.
constexpr double seed_limit = 9223372036854775807.0;
constexpr Range fraction{0, 1, false, true};
constexpr Range weight{0, 1e6};

std::vector<Field<ModalitySpec>> data_fields() {
  using M = ModalitySpec;
  return {
      field_of({.key = "name",
                .type = FieldType::name,
                .required = true,
                .meaning = "The modality's name in ids, tables and results.h5; in the data too, but for "
                           "`source`."},
               &M::name),
      field_of({.key = "source",
                .type = FieldType::text,
                .meaning = "The modality's name in the data where it is another one, such as \"Gene "
                           "Expression\"; empty = `name`."},
               &M::source),
      field_of(
          {.key = "transform",
           .type = FieldType::choice,
           .choices = {"none", "log_cpm", "zscore"},
           .meaning =
               "Done to the values before training: log_cpm = log_e(counts per million + 1), zscore = each "
               "feature to mean 0, SD 1 over the present cells."},
          &M::transform),
      field_of(
          {.key = "feature_weight",
           .type = FieldType::choice,
           .choices = {"equal", "inverse_variance"},
           .meaning = "What features weigh in the losses: all the same, or 1 / variance over the present "
                      "cells, so that each is worth as much as its R2 (values are divided by their SD)."},
          &M::feature_weight),
      field_of(
          {.key = "hidden",
           .type = FieldType::wholes,
           .range = {1, 65536},
           .meaning =
               "Units of the encoder's hidden layers, first to last; the decoder has them last to first."},
          &M::hidden),
  };
}

std::vector<Field<ModalitySpec>> regularisation_fields() {
  using M = ModalitySpec;
  return {
      field_of({.key = "dropout",
                .type = FieldType::number,
                .range = fraction,
                .may_vary = true,
                .meaning = "Share of the encoder's input that is set to 0 in training."},
               &M::dropout),
      field_of(
          {.key = "noise_sd",
           .type = FieldType::number,
           .range = weight,
           .may_vary = true,
           .meaning = "SD of the Gaussian noise added to the encoder's input in training, in units of each "
                      "feature's variance over the training cells."},
          &M::noise_sd),
      field_of({.key = "decoder_dropout",
                .type = FieldType::number,
                .range = fraction,
                .may_vary = true,
                .meaning = "Share of the decoder's last hidden layer that is set to 0 in training."},
               &M::decoder_dropout),
  };
}

std::vector<Field<ModalitySpec>> output_fields() {
  using M = ModalitySpec;
  return {
      field_of({.key = "output",
                .type = FieldType::choice,
                .choices = {"linear", "relu"},
                .may_vary = true,
                .meaning = "The decoder's output: relu where values cannot be negative."},
               &M::output),
      field_of({.key = "output_bias",
                .type = FieldType::choice,
                .choices = {"zero", "mean"},
                .may_vary = true,
                .meaning =
                    "What the decoder's output starts from: zero, as the paper; mean = of each feature over "
                    "the training cells, so that nothing has to be learnt of it."},
               &M::output_bias),
      field_of({.key = "alpha",
                .type = FieldType::number,
                .range = weight,
                .may_vary = true,
                .meaning = "Weight of the modality's reconstruction loss."},
               &M::alpha),
  };
}

std::vector<Field<ModalitySpec>> panel_fields() {
  using M = ModalitySpec;
  return {
      field_of({.key = "panel",
                .type = FieldType::text,
                .meaning = "List of the features over which types are compared, one name a line: a path "
                           "relative to the study; empty = those that are predicted within the modality "
                           "with R2 above 0.25. May be changed without training anew."},
               &M::panel),
  };
}

}  // namespace

const std::vector<Field<Study>>& study_fields() {
  static const std::vector<Field<Study>> fields{
      field_of({.key = "name", .type = FieldType::text, .meaning = "Name of the study, for titles."},
               &Study::name),
      field_of({.key = "seed",
                .type = FieldType::whole,
                .range = {0, seed_limit},
                .meaning = "Every random number of the study follows from it."},
               &Study::seed),
      field_of({.key = "recipe",
                .type = FieldType::choice,
                .choices = {"paper", "lean", "predict"},
                .meaning = "Where the study does not say, keys are as in the paper or as in another recipe: "
                           "lean for the paper's questions in few steps, predict for the other modality."},
               &Study::recipe),
  };
  return fields;
}

const std::vector<Field<ModalitySpec>>& modality_fields() {
  static const auto fields =
      joined<ModalitySpec>({data_fields(), regularisation_fields(), output_fields(), panel_fields()});
  return fields;
}

const std::vector<Field<CouplingSpec>>& coupling_fields() {
  using C = CouplingSpec;
  static const std::vector<Field<C>> fields{
      field_of({.key = "lambda",
                .type = FieldType::number,
                .range = weight,
                .may_vary = true,
                .meaning = "Weight of the coupling of each pair of modalities; 0 trains them apart."},
               &C::lambda),
      field_of(
          {.key = "scale",
           .type = FieldType::choice,
           .choices = {"min_singular_value", "none", "per_dimension", "norm"},
           .may_vary = true,
           .meaning =
               "What the squared distance of two latents is divided by, so that latents cannot shrink to "
               "please it: min_singular_value is the paper's."},
          &C::scale),
      field_of({.key = "augment_decoders",
                .type = FieldType::boolean,
                .may_vary = true,
                .meaning =
                    "Decoders also learn from the other modalities' latents; without effect at lambda = 0."},
               &C::augment_decoders),
      field_of(
          {.key = "augment_encoders",
           .type = FieldType::boolean,
           .may_vary = true,
           .meaning = "Encoders learn from that too: from what the other modalities' decoders make of their "
                      "latents, so that predicting across is trained from end to end; without effect where "
                      "decoders are not augmented."},
          &C::augment_encoders),
  };
  return fields;
}

const std::vector<Field<LabelsSpec>>& labels_fields() {
  using L = LabelsSpec;
  static const std::vector<Field<L>> fields{
      field_of({.key = "column",
                .type = FieldType::text,
                .meaning =
                    "Column of obs with the cells' types; empty = no labels, unsupervised statistics only."},
               &L::column),
      field_of(
          {.key = "taxonomy",
           .type = FieldType::text,
           .meaning =
               "Tree of the types: \"data\" = uns/taxonomy of the data file, or a CSV table's path relative "
               "to the study; empty = none."},
          &L::taxonomy),
      field_of(
          {.key = "also",
           .type = FieldType::texts,
           .meaning = "Further columns of obs whose classes are predicted from the latents as they stand."},
          &L::also),
  };
  return fields;
}

}  // namespace cplae::study
