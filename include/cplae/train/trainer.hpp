#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cplae/core/matrix.hpp"
#include "cplae/data/splits.hpp"
#include "cplae/model/device.hpp"
#include "cplae/model/layout.hpp"
#include "cplae/study/networks.hpp"

namespace cplae::train {

/// What a network is trained on. All references outlive the call.
struct Task {
  const study::NetworkSpec& spec;
  const study::StudyData& data;
  const data::Split& split;  ///< `train` cells are learned from; the others choose the best network
  NetworkKey key;
  std::string id;  ///< for messages
  std::filesystem::path
      checkpoint;  ///< empty = none; read on entry if there, removed by the caller when the result is safe
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

struct Hooks {
  std::function<bool()> stop;  ///< asked at every step: true = checkpoint and throw Stopped
  std::function<void(std::int64_t step, double steps_per_second)> progress;  ///< called at validations
};

/// The reference trainer: torch with autograd, the measure of every faster engine (DESIGN section 5). One
/// thread on the CPU; deterministic: the bits depend on (spec, data, split, key) and the kind of device only,
/// not on resumes. Throws Stopped (after a checkpoint), IoError.
[[nodiscard]] Result train_network(const Task& task, const model::Device& device, const Hooks& hooks);

}  // namespace cplae::train
