#include <algorithm>

#include "bind.hpp"
#include "cplae/core/text.hpp"
#include "fields.hpp"

namespace cplae::study {

namespace {

const std::vector<std::string>& kind_texts() {
  static const std::vector<std::string> texts{"kfold", "repeats", "sweep"};
  return texts;
}

const std::vector<ExperimentKind> folded{ExperimentKind::kfold};
const std::vector<ExperimentKind> held_out{ExperimentKind::repeats, ExperimentKind::sweep};

using E = ExperimentSpec;

std::vector<Field<E>> kind_fields() {
  return {
      field_of({.key = "name",
                .type = FieldType::name,
                .required = true,
                .meaning = "Name of the experiment in every table."},
               &E::name),
      field_of(
          {.key = "kind",
           .type = FieldType::choice,
           .choices = kind_texts(),
           .meaning =
               "kfold: one network a fold of a cross-validation; repeats and sweep: networks of different "
               "initial weights on one split."},
          &E::kind),
  };
}

std::vector<Field<E>> replicate_fields() {
  return {
      field_of({.key = "folds",
                .type = FieldType::whole,
                .range = {2, 1e6},
                .kinds = folded,
                .meaning = "Folds, stratified on the labels."},
               &E::folds),
      field_of(
          {.key = "rare_classes",
           .type = FieldType::choice,
           .choices = {"refuse", "spread"},
           .kinds = folded,
           .meaning = "More folds than the smallest usable class (more than 10 cells) has cells: refuse = an "
                      "error, spread = some folds hold none of it."},
          &E::rare_classes),
      field_of({.key = "members",
                .type = FieldType::whole,
                .range = {1, 1000},
                .kinds = folded,
                .meaning = "Networks of each variant and fold, from different initial weights: variants of "
                           "their own, `<variant>,member=0` and so on; what they predict together is "
                           "`<variant>,members=<n>`."},
               &E::members),
      field_of({.key = "initialisations",
                .type = FieldType::whole,
                .range = {1, 1e6},
                .kinds = held_out,
                .meaning = "Networks of each variant, from different initial weights."},
               &E::initialisations),
      field_of({.key = "test_fraction",
                .type = FieldType::number,
                .range = {0, 1, true, true},
                .kinds = held_out,
                .meaning = "Share of the cells of each class that is held out."},
               &E::test_fraction),
      field_of({.key = "split",
                .type = FieldType::text,
                .meaning = "Another experiment, whose folds or held-out cells this one shares, so that their "
                           "variants can be compared cell by cell; empty = its own."},
               &E::split),
  };
}

/// Random numbers of a mixture are told apart by its components, which a stream's address has 16 bits for.
constexpr double most_components = 65535;

std::vector<Field<E>> measured_fields() {
  return {
      field_of(
          {.key = "classes",
           .type = FieldType::wholes,
           .range = {2, 1e6},
           .meaning =
               "Resolutions of the taxonomy, as numbers of classes, at which types are predicted from the "
               "latents, beside the leaf types; with components, silhouettes are taken of them, too."},
          &E::classes),
      field_of(
          {.key = "pc_cca",
           .type = FieldType::pairs,
           .range = {1, 1e6},
           .kinds = folded,
           .meaning =
               "Baselines on the same folds: principal components of the first and second modality, then "
               "canonical correlation."},
          &E::pc_cca),
      field_of(
          {.key = "baselines",
           .type = FieldType::texts,
           .kinds = folded,
           .meaning = "Predictors without latents on the same folds, from each modality to each other one: "
                      "\"mean\", \"neighbours\", \"ridge\", \"reduced_rank\"."},
          &E::baselines),
      field_of({.key = "reference",
                .type = FieldType::text,
                .kinds = folded,
                .meaning =
                    "Variant that the others are compared with over folds, by its id in the tables, such as "
                    "`cross_validation,lambda=1`, of this experiment or of the one in `split`; empty = the "
                    "last one, with `split` that of the other experiment."},
               &E::reference),
      field_of(
          {.key = "components",
           .type = FieldType::wholes,
           .range = {1, most_components},
           .meaning =
               "First and last component count of the Gaussian mixtures on the first modality's latents; "
               "[] = no mixtures."},
          &E::components),
      field_of({.key = "starts",
                .type = FieldType::whole,
                .range = {1, 1e6},
                .meaning = "k-means starts of a mixture, each followed by ten swaps of components; the best "
                           "run is kept."},
               &E::starts),
  };
}

Field<E> vary_field() {
  Field<E> field;
  field.key = "vary";
  field.type = FieldType::settings;
  field.meaning =
      "Keys to vary, as `vary.\"coupling.lambda\" = [0, 0.5, 1]`: paths of this page "
      "(`modality.<name>.<key>`), each "
      "with its values; every combination is a variant.";
  return field;
}

}  // namespace

const std::vector<std::string>& baseline_methods() {
  static const std::vector<std::string> methods{"mean", "neighbours", "ridge", "reduced_rank"};
  return methods;
}

const std::vector<Field<ExperimentSpec>>& experiment_fields() {
  static const auto fields =
      joined<E>({kind_fields(), replicate_fields(), measured_fields(), {vary_field()}});
  return fields;
}

std::string kind_text(ExperimentKind kind) {
  return kind_texts().at(static_cast<std::size_t>(kind));
}

std::string wrong_kind_text(const FieldInfo& field, ExperimentKind kind) {
  std::vector<std::string> kinds;
  for (const ExperimentKind other : field.kinds)
    kinds.push_back(kind_text(other));
  return "not a key of kind \"" + kind_text(kind) + "\", only of " + join(kinds, ", ");
}

bool belongs_to(const FieldInfo& field, ExperimentKind kind) {
  return field.kinds.empty() || std::count(field.kinds.begin(), field.kinds.end(), kind) > 0;
}

}  // namespace cplae::study
