#include "engine/fused/stack.hpp"

#include <utility>

namespace cplae::engine::fused {

Dense::Dense(const TiledLayout& layout, NetworkBuffers& buffers, const std::string& name)
    : weight(layout.slot(buffers.parameters, name + "/weight")),
      bias(layout.slot(buffers.parameters, name + "/bias")),
      weight_gradient(layout.slot(buffers.gradients, name + "/weight")),
      bias_gradient(layout.slot(buffers.gradients, name + "/bias")),
      transposed(weight.columns, weight.rows) {}

Stack::Stack(const Kernels& kernels, std::vector<Dense> layers, std::size_t inputs, std::size_t rows,
             bool relu_last)
    : kernels_(kernels), layers_(std::move(layers)), relu_last_(relu_last) {
  values_.emplace_back(rows, inputs);
  derivatives_.emplace_back(rows, inputs);
  for (const Dense& layer : layers_) {
    values_.emplace_back(rows, layer.weight.columns);
    derivatives_.emplace_back(rows, layer.weight.columns);
  }
}

void Stack::forward_layer(std::size_t l, std::size_t begin, std::size_t rows) {
  const bool relu = l + 1 < layers_.size() || relu_last_;
  kernels_.product({.a = rows_from(values_[l], begin),
                    .b = layers_[l].weight,
                    .c = rows_from(values_[l + 1], begin),
                    .rows = padded(rows, row_block),
                    .inner = layers_[l].weight.rows,
                    .finish = relu ? Finish::bias_relu : Finish::bias,
                    .bias = layers_[l].bias.data});
}

void Stack::forward_rest(std::size_t rows) {
  for (std::size_t l = 1; l < layers_.size(); ++l)
    forward_layer(l, 0, rows);
}

void Stack::forward(std::size_t rows) {
  if (layers_.empty()) return;
  forward_layer(0, 0, rows);
  forward_rest(rows);
}

void Stack::backward(std::size_t rows, std::size_t input_rows) {
  for (std::size_t l = layers_.size(); l-- > 0;) {
    dense_gradients(kernels_, values_[l], derivatives_[l + 1], rows, layers_[l]);
    const std::size_t wanted = l > 0 ? rows : input_rows;
    if (wanted == 0) continue;
    layers_[l].refresh(kernels_);
    kernels_.product({.a = derivatives_[l + 1],
                      .b = layers_[l].transposed,
                      .c = derivatives_[l],
                      .rows = padded(wanted, row_block),
                      .inner = layers_[l].weight.columns,
                      .finish = l > 0 ? Finish::relu_derivative : Finish::store,
                      .mask = values_[l].get().data});
  }
}

void dense_gradients(const Kernels& kernels, const Tiles& input, const Tiles& derivative, std::size_t rows,
                     const Dense& layer) {
  kernels.gradient({.a = input, .d = derivative, .c = layer.weight_gradient, .rows = rows});
  kernels.column_sums(derivative, rows, layer.bias_gradient.data);
}

}  // namespace cplae::engine::fused
