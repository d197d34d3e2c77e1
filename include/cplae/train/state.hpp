#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "cplae/engine/engine.hpp"
#include "cplae/model/layout.hpp"

namespace cplae::train {

/// All that a network in training is, on the host: what a checkpoint holds. A network resumed from it goes on
/// with the same bits.
struct State {
  std::int64_t step = 0;  ///< steps done
  double seconds = 0;
  engine::State now;
  std::vector<float> losses;  ///< rows of the loss history so far, one after the other
  double best_loss = std::numeric_limits<double>::infinity();
  std::int64_t best_step = 0;  ///< 0 = none kept yet
  model::Weights best_weights;
  model::Weights average;  ///< over validations; empty without training.average_last
};

/// Whose checkpoint a file is.
struct Owner {
  std::string network;   ///< its id
  std::string identity;  ///< of the run, store::identity_hash: ids alone do not tell studies and data apart
};

/// Atomic. Throws IoError.
void write_checkpoint(const std::filesystem::path& path, const Owner& owner, const State& state);

/// Fills `state` and returns true if `path` holds a whole checkpoint of this network of this run whose arrays
/// have the sizes that `state` has; a file that does not is named in a warning and left out.
[[nodiscard]] bool read_checkpoint(const std::filesystem::path& path, const Owner& owner, State& state);

}  // namespace cplae::train
