#include "engine/fused/stack.hpp"

#include <utility>

namespace cplae::engine::fused {

Dense::Dense(const TiledLayout& layout, NetworkBuffers& buffers, const std::string& name)
    : weight(layout.slot(buffers.parameters, name + "/weight")),
      bias(layout.slot(buffers.parameters, name + "/bias")),
      weight_gradient(layout.slot(buffers.gradients, name + "/weight")),
      bias_gradient(layout.slot(buffers.gradients, name + "/bias")) {}

Stack::Stack(const Kernels& kernels, std::vector<Dense> layers, StackUse use)
    : kernels_(kernels), layers_(std::move(layers)), use_(use) {
  // Without layers the input is the output, whose derivative is always known.
  const bool keeps_input_derivative = use.differentiates_input || layers_.empty();
  values_.emplace_back(use.rows, use.inputs);
  derivatives_.emplace_back(keeps_input_derivative ? use.rows : 0, use.inputs);
  for (const Dense& layer : layers_) {
    values_.emplace_back(use.rows, layer.weight.columns);
    derivatives_.emplace_back(use.rows, layer.weight.columns);
    const bool differentiates = use.differentiates_input || !transposed_.empty();
    transposed_.emplace_back(differentiates ? layer.weight.columns : 0, layer.weight.rows);
  }
}

void Stack::forward_layer(std::size_t l, std::size_t begin, std::size_t rows) {
  const bool relu = l + 1 < layers_.size() || use_.relu_last;
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
    if (l > 0)
      backward_layer(l, rows, Finish::relu_derivative);
    else if (use_.differentiates_input)
      backward_layer(l, input_rows, Finish::store);
  }
}

/// The derivative with respect to a layer's input.
void Stack::backward_layer(std::size_t l, std::size_t rows, Finish finish) {
  const Tiles& weight = layers_[l].weight;
  kernels_.transpose(weight, weight.rows, transposed_[l]);
  kernels_.product({.a = derivatives_[l + 1],
                    .b = transposed_[l],
                    .c = derivatives_[l],
                    .rows = padded(rows, row_block),
                    .inner = weight.columns,
                    .finish = finish,
                    .mask = values_[l].get().data});
}

void dense_gradients(const Kernels& kernels, const Tiles& input, const Tiles& derivative, std::size_t rows,
                     const Dense& layer) {
  kernels.gradient({.a = input, .d = derivative, .c = layer.weight_gradient, .rows = rows});
  kernels.column_sums(derivative, rows, layer.bias_gradient.data);
}

}  // namespace cplae::engine::fused
