#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/stats/qda.hpp"

namespace cplae::stats {

/// What a cell is to a classifier.
enum class CellRole : std::uint8_t {
  train,
  validation,
  left_out  ///< counts nowhere: it has no latent
};

struct ClassificationInput {
  MatrixD latents;                       ///< [cells x dim]
  std::vector<std::string> class_names;  ///< [cells]; "" = unlabelled
  std::vector<CellRole> roles;           ///< [cells]
};

/// Which classes take part (Gala et al. 2021, Methods).
struct ClassRules {
  std::size_t least_cells = 11;          ///< smaller classes, counted over the labelled cells that
                                         ///< are not left out, are dropped
  std::size_t least_training_cells = 6;  ///< classes with fewer training cells are dropped for this fold
  QdaOptions qda;
};

/// The classes that take part, fitted on their training cells.
struct FittedClasses {
  std::vector<std::string> names;  ///< ascending; the classes of `qda` are in this order
  Qda qda;
};

/// None with fewer than two classes that take part. Throws NumericError as classify_accuracy.
[[nodiscard]] std::optional<FittedClasses> fit_classes(const ClassificationInput& input,
                                                       const ClassRules& rules = {});

struct Classification {
  std::size_t n_classes = 0;  ///< classes of at least `least_cells`
  std::size_t n_fitted = 0;   ///< of those, classes fitted in this fold
  std::size_t n_cells = 0;    ///< validation cells of a fitted class
  double accuracy = 0;  ///< share of them whose class is found; NaN with fewer than two fitted classes or
                        ///< without such cells
};

/// Quadratic discriminant analysis on the training cells, accuracy on the validation cells whose class was
/// fitted. Throws NumericError when the sizes differ or a latent that takes part is not finite.
[[nodiscard]] Classification classify_accuracy(const ClassificationInput& input,
                                               const ClassRules& rules = {});

}  // namespace cplae::stats
