#pragma once
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "cplae/core/random.hpp"
#include "cplae/study/networks.hpp"
#include "engine/fused/kernels.hpp"
#include "engine/sampling.hpp"

namespace cplae::engine::fused {

/// A random stream as the kernels take it: the same numbers as RandomStream.
[[nodiscard]] Stream stream_of(NetworkKey key, Purpose purpose, std::uint32_t index, std::int64_t step);

/// Words as the kernels read them by halves, the lower one first.
[[nodiscard]] inline const std::uint16_t* halves_of(const std::vector<std::uint32_t>& words) {
  static_assert(std::endian::native == std::endian::little);
  return reinterpret_cast<const std::uint16_t*>(words.data());
}

/// Rows of one modality's encoder input.
class InputMaker {
public:
  /// Whose random numbers.
  struct Draw {
    NetworkKey key;
    std::uint32_t modality = 0;
    std::int64_t step = 0;
  };
  InputMaker(const Kernels& kernels, const study::ModalitySpec& spec, const data::Modality& modality,
             std::vector<float> noise_sd);

  /// With noise and dropout: row r of `out` is the cell of slot slots[r].
  void make_training(const std::vector<std::int64_t>& cells, std::span<const std::uint32_t> slots,
                     const Draw& draw, const Tiles& out);
  /// As the values are.
  void make(const std::vector<std::int64_t>& cells, std::span<const std::uint32_t> slots,
            const Tiles& out) const;

private:
  [[nodiscard]] InputRow plain_row(const std::vector<std::int64_t>& cells,
                                   std::span<const std::uint32_t> slots, const Tiles& out,
                                   std::size_t row) const;
  [[nodiscard]] const std::uint16_t* halves(const Stream& stream, std::uint64_t first_element);
  [[nodiscard]] const float* normals(const Stream& stream, std::uint64_t first_element);

  const Kernels& kernels_;
  const data::Modality& modality_;
  std::size_t features_;
  Dropout dropout_;
  std::vector<float> noise_sd_;
  std::vector<std::uint32_t> words_;
  std::vector<float> normals_;
};

}  // namespace cplae::engine::fused
