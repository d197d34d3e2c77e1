#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/engine/engine.hpp"
#include "cplae/model/device.hpp"
#include "cplae/model/layout.hpp"
#include "cplae/study/networks.hpp"

namespace cplae::train {

/// What a network is trained on. All references outlive the call.
struct Task {
  const study::NetworkSpec& spec;  ///< study::taught makes it; the result is of the measured modalities
  const study::StudyData& data;
  const data::Split& split;  ///< `train` cells are learned from; the others choose the best network
  NetworkKey key;
  std::string id;  ///< for messages
  std::filesystem::path
      checkpoint;  ///< empty = none; read on entry if there, removed by the caller when the result is safe
  std::string identity = {};  ///< of the run, which its checkpoints bear
};

/// Loss history: one row a validation. Columns are named in `loss_names`.
struct Result {
  bool finite = true;
  std::int64_t failed_step = -1;  ///< first validation at which a loss was not finite, else -1
  std::int64_t steps = 0;         ///< steps done
  std::int64_t best_step = 0;     ///< step of the kept weights
  double seconds = 0;             ///< spent in training, over all resumes
  model::Weights weights;         ///< the kept ones
  MatrixF losses;                 ///< [validations x terms]
  std::vector<MatrixF>
      latents;  ///< per modality [cells x latent], inference mode, NaN where absent (all NaN if not finite)
};

/// "step", "train_total", "train_mse_<m>", "train_coupling_<i>_<j>", ..., "validation_total",
/// "validation_mse_<m>", "validation_coupling_<i>_<j>"
[[nodiscard]] std::vector<std::string> loss_names(const study::NetworkSpec& spec);

/// Where a network that is trained stands.
struct Progress {
  std::size_t task = 0;  ///< its place among the tasks
  std::int64_t step = 0;
  double steps_per_second = 0;  ///< steps of all networks trained together, summed
};

struct Hooks {
  std::function<bool()> stop;  ///< asked every few steps: true = checkpoint and throw Stopped
  std::function<void(const Progress&)> progress;                ///< called at validations
  std::function<void(std::size_t task, Result)> finished = {};  ///< called once for each task
};

/// Whether networks of these specs can be trained together: one layout, one [training] but for the learning
/// rate and what it does, weight decay and patience.
[[nodiscard]] bool fit_together(const study::NetworkSpec& a, const study::NetworkSpec& b);

/// Makes the engine that trains these networks together; see engine::make_engine.
using EngineMaker =
    std::function<std::unique_ptr<engine::Engine>(const std::vector<engine::Subject>& subjects)>;

/// Trains networks that fit together, from their checkpoints where there are any (those that are behind go
/// first, until they are at one step with others), and hands each result to hooks.finished as soon as it is
/// there. One thread; deterministic: the bits of a result depend on (spec, data, split, key), the kind of
/// engine and the kind of device only, not on resumes or companions.
/// Throws Stopped (after checkpoints), IoError, and what `make` and the hooks throw.
void train_together(const EngineMaker& make, const std::vector<Task>& tasks, const Hooks& hooks);

}  // namespace cplae::train
