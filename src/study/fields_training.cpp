#include "bind.hpp"
#include "fields.hpp"

namespace cplae::study {

namespace {

constexpr Range step_range{0, 1e9};
/// Whole numbers beyond it are not all float32, the type of the loss history's steps.
constexpr double last_exact_step = 16777216;

std::vector<Field<TrainingSpec>> size_fields() {
  using T = TrainingSpec;
  return {
      field_of({.key = "latent_dim",
                .type = FieldType::whole,
                .range = {1, 1024},
                .may_vary = true,
                .meaning = "Dimensions of the latent space."},
               &T::latent_dim),
      field_of({.key = "batch",
                .type = FieldType::whole,
                .range = {2, 1e6},
                .may_vary = true,
                .meaning = "Cells of a training step, drawn with replacement."},
               &T::batch),
      field_of({.key = "steps",
                .type = FieldType::whole,
                .range = {1, last_exact_step},
                .may_vary = true,
                .meaning = "Training steps of every network. The loss history (float32) counts exactly up to "
                           "2^24."},
               &T::steps),
      field_of({.key = "learning_rate",
                .type = FieldType::number,
                .range = {0, 10, true, false},
                .may_vary = true,
                .meaning = "Step size of Adam, after `warm_up`."},
               &T::learning_rate),
  };
}

std::vector<Field<TrainingSpec>> rate_fields() {
  using T = TrainingSpec;
  return {
      field_of({.key = "schedule",
                .type = FieldType::choice,
                .choices = {"constant", "linear", "cosine"},
                .may_vary = true,
                .meaning = "How the learning rate falls from `warm_up` to the last step: not at all, or to "
                           "`final_rate` along a line or half a cosine."},
               &T::schedule),
      field_of({.key = "final_rate",
                .type = FieldType::number,
                .range = {0, 1},
                .may_vary = true,
                .meaning = "Learning rate of the last step as a share of `learning_rate`; without a "
                           "schedule it has no effect."},
               &T::final_rate),
      field_of({.key = "warm_up",
                .type = FieldType::whole,
                .range = step_range,
                .may_vary = true,
                .meaning = "Steps in which the learning rate rises from 0 along a line; at most `steps`."},
               &T::warm_up),
      field_of(
          {.key = "weight_decay",
           .type = FieldType::number,
           .range = {0, 1000},
           .may_vary = true,
           .meaning = "Of weights, not of biases: each step takes this share of them, times the learning "
                      "rate (decoupled from the gradient, as AdamW)."},
          &T::weight_decay),
  };
}

std::vector<Field<TrainingSpec>> validation_fields() {
  using T = TrainingSpec;
  return {
      field_of({.key = "validate_every",
                .type = FieldType::whole,
                .range = {1, 1e9},
                .may_vary = true,
                .meaning = "Steps between two looks at the held-out cells; at most `steps`."},
               &T::validate_every),
      field_of(
          {.key = "keep_best_after",
           .type = FieldType::whole,
           .range = step_range,
           .may_vary = true,
           .meaning =
               "The kept network is the best one on the held-out cells after so many steps; the last one "
               "where this exceeds `steps` (1000000000: always, and without a warning)."},
          &T::keep_best_after),
      field_of({.key = "patience",
                .type = FieldType::whole,
                .range = step_range,
                .may_vary = true,
                .meaning = "Training ends after so many validations without a better one (counted from "
                           "`keep_best_after`); 0 = never."},
               &T::patience),
      field_of({.key = "average_last",
                .type = FieldType::number,
                .range = {0, 1},
                .may_vary = true,
                .meaning =
                    "In this share of the steps, the last ones, the weights at validations are averaged, and "
                    "the average is what is validated and kept; 0 = never."},
               &T::average_last),
      field_of(
          {.key = "supervision",
           .type = FieldType::number,
           .range = {0, 1e6},
           .may_vary = true,
           .meaning =
               "Weight of the types of `labels.column` and of the levels above them (taxonomy, columns of "
               "`labels.also` whose classes are unions of types), which "
               "networks learn beside their modalities, of the training cells alone; 0, or without labels: "
               "types are not told. Nothing after training sees them."},
          &T::supervision),
  };
}

std::vector<Field<TrainingSpec>> program_fields() {
  using T = TrainingSpec;
  return {
      field_of(
          {.key = "trainer",
           .type = FieldType::choice,
           .choices = {"auto", "fused", "reference"},
           .may_vary = true,
           .meaning = "Program of a training step: reference = torch with autograd; fused = made by hand, "
                      "faster; auto = fused where this build has it for the device, else reference."},
          &T::trainer),
      field_of(
          {.key = "precision",
           .type = FieldType::choice,
           .choices = {"fp32", "tf32"},
           .may_vary = true,
           .meaning = "Of the matrix products of training: tf32 = operands rounded to 10 bits, on a GPU's "
                      "tensor cores, faster; needs --device cuda and the fused trainer."},
          &T::precision),
      field_of({.key = "checkpoint_seconds",
                .type = FieldType::number,
                .range = {0, 86400},
                .meaning = "Most seconds of work that a killed run loses; changes no result."},
               &T::checkpoint_seconds),
  };
}

}  // namespace

const std::vector<Field<TrainingSpec>>& training_fields() {
  static const auto fields =
      joined<TrainingSpec>({size_fields(), rate_fields(), validation_fields(), program_fields()});
  return fields;
}

}  // namespace cplae::study
