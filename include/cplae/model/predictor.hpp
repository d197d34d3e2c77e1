#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "cplae/core/ids.hpp"
#include "cplae/core/matrix.hpp"
#include "cplae/model/layout.hpp"

namespace cplae::model {

/// A trained network in inference mode (no dropout, no noise, moving batch-norm statistics). CPU, local.
class Predictor {
public:
  /// Throws Error when the weights do not fit the layout of (spec, features).
  Predictor(const study::NetworkSpec& spec, const std::vector<std::int64_t>& features,
            const Weights& weights);
  ~Predictor();
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;

  /// [cells x features] (NaN = missing, taken as 0) -> [cells x latent]
  [[nodiscard]] MatrixF encode(ModalityIndex modality, const MatrixF& values) const;
  /// [cells x latent] -> [cells x features]
  [[nodiscard]] MatrixF decode(ModalityIndex modality, const MatrixF& latents) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cplae::model
