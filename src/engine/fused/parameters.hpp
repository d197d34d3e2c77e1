#pragma once
#include <string>
#include <vector>

#include "cplae/model/layout.hpp"
#include "engine/fused/tiles.hpp"

namespace cplae::engine::fused {

/// Where the tensors of a layout lie once they are tiled, one behind the other.
class TiledLayout {
public:
  explicit TiledLayout(const model::Layout& layout);

  [[nodiscard]] std::size_t floats() const { return floats_; }
  /// Where a tensor lies in a tiled buffer, with its padding.
  struct Range {
    std::size_t offset = 0;
    std::size_t floats = 0;
    bool is_weight = false;
  };
  /// Of all tensors, in order, without gaps.
  [[nodiscard]] std::vector<Range> ranges() const;
  /// The tensor of that name in a tiled buffer: a weight [in x out], or a bias [1 x out].
  [[nodiscard]] Tiles slot(Floats& buffer, const std::string& name) const;
  /// From and to the flat order of the layout. Throws Error unless `flat` has layout.parameter_floats.
  void tile(const std::vector<float>& flat, Floats& buffer) const;
  [[nodiscard]] std::vector<float> flat(Floats& buffer) const;

private:
  [[nodiscard]] Tiles tiles_of(Floats& buffer, std::size_t slot) const;

  model::Layout layout_;
  std::vector<std::size_t> offsets_;
  std::size_t floats_ = 0;
};

}  // namespace cplae::engine::fused
