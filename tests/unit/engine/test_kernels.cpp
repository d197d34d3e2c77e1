// The matrix product of the fused trainer, against plain sums in double precision.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/fused/kernels.hpp"
#include "engine/fused/tiles.hpp"
#include "kernels_sixteen.hpp"

namespace cplae::engine::fused {

namespace {

struct Shape {
  std::size_t rows;
  std::size_t inner;
  std::size_t columns;
};

/// Matrices of normal numbers; `c` and `mask` too, since some endings read them.
struct Operands {
  explicit Operands(const Shape& shape)
      : a(shape.rows, shape.inner),
        b(shape.inner, shape.columns),
        c(shape.rows, shape.columns),
        mask(shape.rows, shape.columns),
        bias(padded(shape.columns, panel)) {
    std::mt19937 generator(7);
    std::normal_distribution<float> normal;
    const auto fill = [&](const Tiles& tiles, std::size_t rows) {
      for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < tiles.columns; ++column)
          tiles(row, column) = normal(generator);
    };
    fill(a, shape.rows);
    fill(b, shape.inner);
    fill(c, shape.rows);
    fill(mask, shape.rows);
    for (std::size_t column = 0; column < shape.columns; ++column)
      bias.data()[column] = normal(generator);
  }
  OwnTiles a, b, c, mask;
  Floats bias;
};

/// What the product is, and how far a float sum of it may lie from that: (n + 2) 2^-24 times the sum of the
/// terms' sizes, n of them (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
struct Expected {
  double value;
  double tolerance;
};

bool adds(Finish finish) {
  return finish == Finish::add || finish == Finish::add_relu_derivative;
}
bool has_bias(Finish finish) {
  return finish == Finish::bias || finish == Finish::bias_relu;
}

Expected expected(const Operands& o, const Shape& shape, Finish finish, std::size_t row, std::size_t column) {
  double sum = 0;
  double size = 0;
  const auto add = [&](double term) {
    sum += term;
    size += std::abs(term);
  };
  for (std::size_t k = 0; k < shape.inner; ++k)
    add(static_cast<double>(o.a.get()(row, k)) * static_cast<double>(o.b.get()(k, column)));
  if (adds(finish)) add(static_cast<double>(o.c.get()(row, column)));
  if (has_bias(finish)) add(static_cast<double>(o.bias.data()[column]));
  const double tolerance = (static_cast<double>(shape.inner) + 2) * std::ldexp(1.0, -24) * size;
  const bool is_masked = finish == Finish::relu_derivative || finish == Finish::add_relu_derivative;
  if (is_masked && !(o.mask.get()(row, column) > 0)) return {0, 0};
  return {finish == Finish::bias_relu ? std::max(sum, 0.0) : sum, tolerance};
}

void compare(const Kernels& kernels, const Shape& shape, Finish finish) {
  const Operands before(shape);
  const Operands o(shape);
  kernels.product({.a = o.a,
                   .b = o.b,
                   .c = o.c,
                   .rows = shape.rows,
                   .inner = shape.inner,
                   .finish = finish,
                   .bias = o.bias.data(),
                   .mask = o.mask.get().data});
  for (std::size_t row = 0; row < shape.rows; ++row)
    for (std::size_t column = 0; column < shape.columns; ++column) {
      const Expected wanted = expected(before, shape, finish, row, column);
      ASSERT_NEAR(static_cast<double>(o.c.get()(row, column)), wanted.value, wanted.tolerance)
          << kernels.instructions << ": " << shape.rows << " x " << shape.inner << " x " << shape.columns
          << ", ending " << static_cast<int>(finish) << ", at " << row << ", " << column;
    }
  // What lies beyond the last column takes part in other products.
  for (std::size_t row = 0; row < shape.rows; ++row)
    for (std::size_t column = shape.columns; column < padded(shape.columns, panel); ++column)
      ASSERT_EQ(o.c.get()(row, column), 0) << kernels.instructions << ": column " << column;
}

}  // namespace

TEST(Kernels, ProductIsTheSumOfItsTerms) {
  for (const Kernels* kernels : {&kernels_baseline(), &best_kernels(), &kernels_sixteen()})
    for (const std::size_t columns : {1U, 2U, 3U, 16U, 17U, 18U, 20U, 25U, 50U})
      for (const std::size_t inner : {1U, 2U, 16U, 50U, 255U, 256U, 257U, 600U})
        for (const Finish finish : {Finish::store, Finish::add, Finish::bias, Finish::bias_relu,
                                    Finish::relu_derivative, Finish::add_relu_derivative})
          compare(*kernels, {24, inner, columns}, finish);
}

/// Two sets of kernels that both round twice a multiply-add, with vectors of four floats and of sixteen.
TEST(Kernels, ProductHasTheSameBitsAtEveryWidth) {
  for (const std::size_t columns : {16U, 17U, 18U, 25U, 50U}) {
    const Shape shape{24, 600, columns};
    const Operands narrow(shape);
    const Operands wide(shape);
    const auto multiply = [&](const Kernels& kernels, const Operands& o) {
      kernels.product({.a = o.a, .b = o.b, .c = o.c, .rows = 24, .inner = 600, .finish = Finish::add});
    };
    multiply(kernels_baseline(), narrow);
    multiply(kernels_sixteen(), wide);
    for (std::size_t row = 0; row < shape.rows; ++row)
      for (std::size_t column = 0; column < columns; ++column)
        ASSERT_EQ(narrow.c.get()(row, column), wide.c.get()(row, column))
            << columns << ": " << row << ", " << column;
  }
}

}  // namespace cplae::engine::fused
