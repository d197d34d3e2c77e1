#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cplae/study/study.hpp"

namespace cplae::model {

/// Of batch norm, added to the variance (the authors' program).
inline constexpr double norm_epsilon = 1e-10;

/// Where one tensor lies in a network's flat float32 buffer.
struct TensorSlot {
  std::string name;       ///< "encoder_T/fc0/weight"
  std::int64_t rows = 0;  ///< inputs of a weight; 1 for a bias
  std::int64_t columns = 0;
  std::size_t offset = 0;  ///< multiple of 16 floats (64 bytes)
  /// A weight, which decays where a study says so; else a bias.
  [[nodiscard]] bool is_weight() const { return name.ends_with("/weight"); }
};

/// Shapes of one network. Slots: per modality in order, encoder fc0..fcH (fcH = to latent) then decoder
/// fc0..fc(H-1), Xout; weight [in x out] row-major, then bias [1 x out]. Names follow the authors' program.
struct Layout {
  std::vector<TensorSlot> parameters;
  std::size_t parameter_floats = 0;  ///< length of the flat buffer, padding included (padding is zero)
  std::vector<TensorSlot> moving;    ///< "encoder_T/batch_norm/moving_mean", ".../moving_variance"
  std::size_t moving_floats = 0;

  /// Throws Error if there is no such slot.
  [[nodiscard]] const TensorSlot& slot(const std::string& name) const;
};

/// `features[m]` = number of features of modality m of the spec.
[[nodiscard]] Layout make_layout(const study::NetworkSpec& spec, const std::vector<std::int64_t>& features);

/// Everything that inference needs: weights and batch-norm statistics as flat buffers of the layout.
struct Weights {
  std::vector<float> parameters;
  std::vector<float> moving;
};

}  // namespace cplae::model
