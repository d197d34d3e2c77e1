#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/study/study.hpp"

namespace cplae::apps::bench {

/// A study of jobs/ as far as the cost of its steps goes: see there.
struct Shape {
  std::string name;
  std::string preset;  ///< of the simulator
  std::size_t cells = 0;
  std::size_t genes = 0;
  std::size_t measured = 0;  ///< features of modality E
  std::size_t depth = 0;     ///< hidden layers
  std::int64_t batch = 0;
  std::int64_t folds = 0;
};

/// paper, demo or motor_cortex. Throws UsageError for another name.
[[nodiscard]] const Shape& shape_of(const std::string& name);

/// The study with modalities of these names: genes as "T", all others as "E" in jobs/paper.toml. Its one
/// experiment is the shape's cross-validation.
[[nodiscard]] study::Study study_of(const Shape& shape, const std::vector<std::string>& modalities);

}  // namespace cplae::apps::bench
