#pragma once
#include <string>
#include <vector>

#include "engine/fused/kernels.hpp"
#include "engine/fused/parameters.hpp"

namespace cplae::engine::fused {

/// The buffers of one network, tiled.
struct NetworkBuffers {
  explicit NetworkBuffers(const TiledLayout& layout)
      : parameters(layout.floats()),
        gradients(layout.floats()),
        first_moment(layout.floats()),
        second_moment(layout.floats()) {}
  Floats parameters;
  Floats gradients;
  Floats first_moment;
  Floats second_moment;
};

/// A dense layer's place in the buffers.
struct Dense {
  Dense(const TiledLayout& layout, NetworkBuffers& buffers, const std::string& name);
  Tiles weight;  ///< [in x out]
  Tiles bias;    ///< [1 x out]
  Tiles weight_gradient;
  Tiles bias_gradient;
};

/// What a stack is made for.
struct StackUse {
  std::size_t inputs = 0;
  std::size_t rows = 0;    ///< at most
  bool relu_last = false;  ///< the last layer is followed by a relu too
  bool differentiates_input = false;
};

/// Dense layers with relu between them: activations and their derivatives for up to `rows` rows.
class Stack {
public:
  Stack(const Kernels& kernels, std::vector<Dense> layers, StackUse use);

  [[nodiscard]] bool has_layers() const { return !layers_.empty(); }
  [[nodiscard]] const Tiles& input() const { return values_.front(); }
  [[nodiscard]] const Tiles& output() const { return values_.back(); }
  [[nodiscard]] const Tiles& output_derivative() const { return derivatives_.back(); }
  [[nodiscard]] const Tiles& input_derivative() const { return derivatives_.front(); }

  /// All layers, for all rows below padded(rows, row_block).
  void forward(std::size_t rows);
  /// The first layer, for the rows from `begin` (a multiple of row_block) below begin + padded(rows,
  /// row_block).
  void forward_first(std::size_t begin, std::size_t rows) { forward_layer(0, begin, rows); }
  /// All but the first, for all rows.
  void forward_rest(std::size_t rows);
  /// Gradients of all weights and biases from output_derivative() (already multiplied by the last relu's
  /// derivative), over the first `rows` rows; then, if it is wanted, the input's derivative for the first
  /// `input_rows` of them.
  void backward(std::size_t rows, std::size_t input_rows);

private:
  void forward_layer(std::size_t layer, std::size_t begin, std::size_t rows);
  void backward_layer(std::size_t layer, std::size_t rows, Finish finish);

  const Kernels& kernels_;
  std::vector<Dense> layers_;
  std::vector<OwnTiles> values_;       ///< input, then the output of each layer
  std::vector<OwnTiles> derivatives_;  ///< the same; of the input, where it is differentiated
  std::vector<OwnTiles> transposed_;   ///< [out x in] of the layers whose input is differentiated
  StackUse use_;
};

/// Gradients of one layer's weight and bias.
void dense_gradients(const Kernels& kernels, const Tiles& input, const Tiles& derivative, std::size_t rows,
                     const Dense& layer);

}  // namespace cplae::engine::fused
