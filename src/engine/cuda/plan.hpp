#pragma once
#include <cstdint>
#include <vector>

#include "cplae/engine/engine.hpp"
#include "engine/cuda/group.hpp"

namespace cplae::engine::cuda {

/// Tiles of one launch of products.
struct Level {
  Kernel kernel = Kernel::forward;
  int first_tile = 0;
  int tiles = 0;
};

/// Where everything of a network lies and which products make a step: a function of the network's shape
/// alone.
struct Plan {
  model::Layout layout;
  std::vector<ModalityView> modalities;  ///< places and shapes; addresses are null
  std::vector<PairView> pairs;
  std::vector<Product> products;
  std::vector<Tile> tiles;
  std::vector<Level> encode;       ///< first layer to last
  std::vector<Level> decode;       ///< first layer to last
  std::vector<Level> decode_back;  ///< last layer to first
  std::vector<Level> encode_back;  ///< last layer to second
  Level weights;                   ///< of all layers
  std::int64_t float_count = 0;
  std::int64_t integer_count = 0;
  std::int64_t double_count = 0;
  int input_places = 0;      ///< blocks of the input kernel
  int normalise_places = 0;  ///< blocks of the kernels of batch norm
  int terms = 0;

  /// Device memory that one network takes, beside the data.
  [[nodiscard]] std::size_t bytes(std::size_t cells) const;
};

/// `features[m]` = number of features of modality m. Products that follow each other and whose results are no
/// wider than a tile are one launch, a chain; without `chained` each product is a launch of its own, for the
/// same numbers (a test).
[[nodiscard]] Plan make_plan(const study::NetworkSpec& spec, const std::vector<std::int64_t>& features,
                             bool chained = true);

}  // namespace cplae::engine::cuda
