#include "engine/fused/parameters.hpp"

#include "cplae/core/error.hpp"

namespace cplae::engine::fused {

TiledLayout::TiledLayout(const model::Layout& layout) : layout_(layout) {
  for (const auto& slot : layout.parameters) {
    offsets_.push_back(floats_);
    floats_ += tiled_floats(static_cast<std::size_t>(slot.rows), static_cast<std::size_t>(slot.columns));
  }
}

std::vector<TiledLayout::Range> TiledLayout::ranges() const {
  std::vector<Range> ranges;
  for (std::size_t s = 0; s < offsets_.size(); ++s) {
    const std::size_t end = s + 1 < offsets_.size() ? offsets_[s + 1] : floats_;
    ranges.push_back({offsets_[s], end - offsets_[s], layout_.parameters[s].is_weight()});
  }
  return ranges;
}

Tiles TiledLayout::tiles_of(Floats& buffer, std::size_t slot) const {
  const auto& shape = layout_.parameters[slot];
  return {buffer.data() + offsets_[slot], static_cast<std::size_t>(shape.rows),
          static_cast<std::size_t>(shape.columns)};
}

Tiles TiledLayout::slot(Floats& buffer, const std::string& name) const {
  const auto index = static_cast<std::size_t>(&layout_.slot(name) - layout_.parameters.data());
  return tiles_of(buffer, index);
}

void TiledLayout::tile(const std::vector<float>& flat, Floats& buffer) const {
  if (flat.size() != layout_.parameter_floats)
    throw Error("a network's state has " + std::to_string(flat.size()) + " parameters; expected " +
                std::to_string(layout_.parameter_floats));
  buffer.clear();
  for (std::size_t s = 0; s < offsets_.size(); ++s) {
    const Tiles tiles = tiles_of(buffer, s);
    const float* from = flat.data() + layout_.parameters[s].offset;
    for (std::size_t row = 0; row < tiles.rows; ++row)
      for (std::size_t column = 0; column < tiles.columns; ++column)
        tiles(row, column) = *from++;
  }
}

std::vector<float> TiledLayout::flat(Floats& buffer) const {
  std::vector<float> flat(layout_.parameter_floats, 0.0F);
  for (std::size_t s = 0; s < offsets_.size(); ++s) {
    const Tiles tiles = tiles_of(buffer, s);
    float* to = flat.data() + layout_.parameters[s].offset;
    for (std::size_t row = 0; row < tiles.rows; ++row)
      for (std::size_t column = 0; column < tiles.columns; ++column)
        *to++ = tiles(row, column);
  }
  return flat;
}

}  // namespace cplae::engine::fused
